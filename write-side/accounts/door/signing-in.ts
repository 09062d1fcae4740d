import { ChangeVerifier, LockOut } from '#domain/accounts/account/messages.ts';
import { hasSecondFactor } from '#domain/accounts/account/second-factor.ts';
import { InvalidCredentials } from '#domain/accounts/door/messages.ts';
import { loginOf } from '#domain/accounts/login/naming.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import type { Who } from '../../identity/throttling/throttle.ts';
import type { KnownAccount } from '../known.ts';
import type { Door, Recognised, SecondFactor, Visitor } from './door.ts';
import { activeAccount, type DoorParts, isRejection, record } from './parts.ts';

type Account = KnownAccount & { readonly email: string };

/** Somebody whom nobody is: what is read of one who has an account is read of them. */
const NOBODY: PersonId = 'nobody';

/** What is asked for behind the password. Recovery codes stand in for another factor, and are none by themselves. */
export function secondFactorsOf(
  { totp, passkeys, recovery }: KnownAccount,
  codes: number,
): readonly SecondFactor[] {
  if (!hasSecondFactor({ totp, passkeys })) return [];
  return [
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(totp === undefined ? [] : (['totp'] as const)),
    ...(recovery !== undefined && codes > 0 ? (['recoveryCode'] as const) : []),
  ];
}

/** How many recovery codes are not struck out. @param codes as they are kept */
export const codesLeft = ({ recovery }: Pick<KnownAccount, 'recovery'>): number =>
  recovery === undefined ? 0 : (JSON.parse(recovery.codes) as unknown[]).length - recovery.used.length;

/** The same password at today's cost; where that does not work now, it does another time. */
async function rehash(parts: DoorParts, account: Account, password: string): Promise<void> {
  const { person, verifierSince: instead } = account;
  try {
    const verifier = await parts.passwords.verifier(password);
    await record(parts, ChangeVerifier, { person, verifier, by: 'rehash', instead });
  } catch (error) {
    if (!(error instanceof RejectedError)) throw error;
  }
}

/** `outdated`: it should be hashed anew, at today's cost. */
interface Proven {
  readonly account: Account;
  readonly outdated: boolean;
}

/**
 * Whose password this is, counted before it is verified. An account that may not come in costs as much as none, and as a wrong password.
 *
 * @returns `invalid_credentials`, `too_many_attempts`
 * @throws RejectedError where it could not be verified: then it does not count
 */
export async function provenByPassword(
  parts: DoorParts,
  who: {
    readonly email: string;
    readonly address: string;
    readonly person: () => Promise<PersonId | undefined>;
  },
  password: string,
): Promise<Proven | Rejection> {
  const { known, passwords, throttle } = parts;
  const { email, address } = who;
  const proven = await throttle.attempt({ secret: 'password', account: email, address }, async () => {
    const account = await activeAccount(known, (await who.person()) ?? NOBODY);
    const { matches, outdated } = await passwords.verify(password, account?.verifier);
    return matches && account !== undefined ? { account, outdated } : undefined;
  });
  return proven ?? InvalidCredentials({});
}

/** The password of somebody who is known already. */
export async function confirmed(
  parts: DoorParts,
  person: PersonId,
  password: string,
  { address }: Visitor,
): Promise<Proven | Rejection> {
  const email = (await parts.known.account(person))?.email ?? person;
  return provenByPassword(parts, { email, address, person: async () => person }, password);
}

async function recognised(
  parts: DoorParts,
  proven: Proven | Rejection,
  password: string,
): Promise<Recognised | Rejection> {
  if (isRejection(proven)) return proven;
  const { account, outdated } = proven;
  if (outdated) await rehash(parts, account, password);
  return { person: account.person, secondFactors: secondFactorsOf(account, codesLeft(account)) };
}

/** How people are known again by their password. */
export function signingIn(parts: DoorParts): Pick<Door, 'recognise' | 'confirmPassword'> {
  return {
    async recognise({ email, password }, { address }) {
      const login = loginOf(email, parts.nameOf);
      // What is no address is counted by what it is: whoever tries such is no less a stranger.
      const named = login?.email ?? email.slice(0, 320);
      const person = async () => login && (await parts.known.holderOf(login.name));
      const proven = await provenByPassword(parts, { email: named, address, person }, password);
      return recognised(parts, proven, password);
    },
    confirmPassword: async (person, password, visitor) =>
      recognised(parts, await confirmed(parts, person, password, visitor), password),
  };
}

/** Records that an account's day of attempts is used up; its person is told once. Never rejects: nobody waits for it. */
export async function noteLockOut(
  parts: Pick<DoorParts, 'known' | 'dispatch' | 'newId' | 'nameOf' | 'clock' | 'log'>,
  { secret, account, address }: Who,
  lastsMs: number,
): Promise<void> {
  try {
    const login = secret === 'password' ? loginOf(account, parts.nameOf) : undefined;
    const person = secret === 'password' ? login && (await parts.known.holderOf(login.name)) : account;
    if (person === undefined) return;
    const known = await activeAccount(parts.known, person);
    const now = parts.clock.now();
    // Those who go on asking cost a read, and no command.
    if (known === undefined || (known.lockedOutUntil ?? now) > now) return;
    await record(parts, LockOut, { person, until: later(now, lastsMs) }, { address });
  } catch (error) {
    parts.log.warn({ err: error }, 'that an account is locked out could not be recorded');
  }
}
