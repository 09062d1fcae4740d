import { AccountNotActive, AccountUnknown } from '#domain/accounts/account/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { Erased } from '#domain/kernel/rejections.ts';
import { totpUri } from '../../identity/factors/totp.ts';
import type { Known, KnownAccount } from '../known.ts';
import type { Door } from './door.ts';
import { activeAccount, type DoorParts, isRejection } from './parts.ts';
import { codesLeft } from './signing-in.ts';

/** The account of somebody who is signed in; or why there is nothing to be done with it. */
export async function ownAccount(
  known: Known,
  person: PersonId,
): Promise<(KnownAccount & { readonly email: string }) | Rejection> {
  const account = await known.account(person);
  if (account === undefined) return AccountUnknown({});
  if (account.phase !== 'active') return AccountNotActive({ state: account.phase });
  return account.email === undefined ? Erased({}) : { ...account, email: account.email };
}

/** What an app is set up by. */
export const forApp = (
  of: Parameters<typeof totpUri>[0],
): { readonly secret: string; readonly uri: string } => ({
  secret: of.secret,
  uri: totpUri(of),
});

export function standings({ known, clock, issuer }: DoorParts): Pick<Door, 'standing' | 'enrolledTotp'> {
  return {
    async enrolledTotp(person) {
      const { pendingTotp, email } = (await activeAccount(known, person)) ?? {};
      if (pendingTotp === undefined || email === undefined) return undefined;
      return forApp({ issuer, account: email, secret: pendingTotp.secret });
    },
    async standing(person) {
      const account = await ownAccount(known, person);
      if (isRejection(account)) return account;
      const { email, emailVerified, nextEmail, totp, passkeys, lockedOutUntil } = account;
      return {
        ...{ email, emailVerified, totp: totp !== undefined, recoveryCodesLeft: codesLeft(account) },
        ...(nextEmail !== undefined && { nextEmail }),
        passkeys: passkeys.map(({ passkey, addedAt }) => ({ passkey, addedAt })),
        lockedOutUntil:
          lockedOutUntil !== undefined && lockedOutUntil > clock.now() ? lockedOutUntil : undefined,
      };
    },
  };
}
