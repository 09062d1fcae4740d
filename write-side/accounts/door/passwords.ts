import { AskPasswordReset, ChangeVerifier, PasswordReplaced } from '#domain/accounts/account/messages.ts';
import { hasSecondFactor } from '#domain/accounts/account/second-factor.ts';
import { AddressUnusable, LinkVoid } from '#domain/accounts/door/messages.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { KnownAccount } from '../known.ts';
import { chosen } from './choosing.ts';
import type { Done, Door, Visitor } from './door.ts';
import { level } from './level.ts';
import { followed, heldNoMore } from './links.ts';
import { activeAccount, type DoorParts, isRejection, record, silent } from './parts.ts';
import { confirmed } from './signing-in.ts';

type Account = KnownAccount & { readonly email: string };

/** Another password in the place of the one that was checked, or whose link was followed. */
async function replaced(
  parts: DoorParts,
  account: Account,
  { password, by }: { readonly password: string; readonly by: 'change' | 'reset' },
  visitor: Visitor,
): Promise<Rejection | undefined> {
  const { person, email, verifierSince: instead } = account;
  const made = await chosen(parts, { password, email, withSecondFactor: hasSecondFactor(account) });
  if ('rejected' in made) return made;
  const { verifier, short } = made;
  const data = { person, verifier, by, instead, ...(short && { short }) };
  return record(parts, ChangeVerifier, data, visitor);
}

async function asked(parts: DoorParts, name: string, visitor: Visitor): Promise<Done> {
  const person = await parts.known.holderOf(name);
  if (person === undefined || (await activeAccount(parts.known, person)) === undefined) return undefined;
  return silent(await record(parts, AskPasswordReset, { person }, visitor));
}

/** How people come to another password. */
export function passwordChanges(parts: DoorParts): Pick<Door, 'askReset' | 'reset' | 'changePassword'> {
  return {
    async askReset(email, visitor) {
      const login = loginOf(email, parts.nameOf);
      if (login === undefined) return AddressUnusable({});
      const tooMany = await parts.counts.count('reset', visitor.address);
      if (tooMany !== undefined) return tooMany;
      return level(parts.machineClock, parts.levelMs, () => asked(parts, login.name, visitor));
    },
    async reset({ token, password }, visitor) {
      const account = await followed(parts, token, 'reset');
      if (isRejection(account)) return account;
      const refusal = await replaced(parts, account, { password, by: 'reset' }, visitor);
      if (refusal !== undefined)
        return refusal.code === PasswordReplaced.code ? LinkVoid({}) : heldNoMore(refusal);
      await parts.throttle.forgive({ secret: 'password', account: account.email, address: visitor.address });
      return undefined;
    },
    async changePassword(person, { old, password }, visitor) {
      const proven = await confirmed(parts, person, old, visitor);
      if (isRejection(proven)) return proven;
      return replaced(parts, proven.account, { password, by: 'change' }, visitor);
    },
  };
}
