import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  AddPasskey,
  ConfirmTotp,
  EmailNotVerified,
  EnrolTotp,
  FactorUnknown,
  FactorUsed,
  MakeRecoveryCodes,
  RemovePasskey,
  RemoveTotp,
  TooManyPasskeys,
  UsePasskey,
  UseRecoveryCode,
  UseTotp,
} from '#domain/accounts/account/messages.ts';
import { hasSecondFactor } from '#domain/accounts/account/second-factor.ts';
import { InvalidCode } from '#domain/accounts/door/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { isPasskeyRefusal, MOST_PASSKEYS, type Passkey } from '../../identity/factors/passkey.ts';
import { newRecoveryCodes, takenRecoveryCode } from '../../identity/factors/recovery-codes.ts';
import { newTotpSecret, takenTotpStep } from '../../identity/factors/totp.ts';
import type { Secret } from '../../identity/throttling/throttle.ts';
import type { KnownAccount } from '../known.ts';
import type { Door, FactorAdded, Method, PasskeyAdded, SecondFactorAnswer, Visitor } from './door.ts';
import { activeAccount, type DoorParts, isRejection, nowMs, record, recorded } from './parts.ts';
import { forApp, ownAccount } from './standing.ts';

type Account = KnownAccount & { readonly email: string };

/** What is kept of a passkey, beside its counter; sealed. */
const Kept = z.object({
  id: z.string(),
  publicKey: z.string(),
  transports: z.array(z.string()),
  synced: z.boolean(),
});
const Codes = z.array(z.string());

/** A passkey as it is proven, with our own name for it. */
type Named = Passkey & { readonly passkey: string };

const passkeysOf = ({ passkeys }: Pick<KnownAccount, 'passkeys'>): readonly Named[] =>
  passkeys.map(({ passkey, credential, counter }) => {
    const kept = Kept.parse(JSON.parse(credential));
    return { ...kept, passkey, signCount: counter };
  });

/**
 * Whether something that was right is recorded as used; undefined: another was faster with the same, or it is gone.
 *
 * @throws RejectedError where nothing could be recorded: then nothing was tried
 */
async function used(recording: Promise<Rejection | undefined>): Promise<true | undefined> {
  const refusal = await recording;
  if (refusal === undefined) return true;
  if (refusal.code === FactorUsed.code || refusal.code === FactorUnknown.code) return undefined;
  throw new RejectedError(refusal);
}

type Purpose = 'signIn' | 'stepUp';

/** Each looks at the account anew when it is its turn, and records what it takes before it says yes. */
function factorTaking(parts: DoorParts) {
  const { known, passkeys, recoveryKey, log } = parts;
  return {
    async totp(person: PersonId, code: string, visitor: Visitor): Taken {
      const { totp } = (await activeAccount(known, person)) ?? {};
      if (totp === undefined) return undefined;
      const { since, ...app } = totp;
      const step = takenTotpStep({ ...app, code, nowMs: nowMs(parts) });
      if (step === undefined) return undefined;
      return (await used(record(parts, UseTotp, { person, step, since }, visitor))) && 'otp';
    },
    async recoveryCode(person: PersonId, code: string, visitor: Visitor): Taken {
      const account = await activeAccount(known, person);
      // Where nothing else is asked for, they stand for nothing.
      if (account?.recovery === undefined || !hasSecondFactor(account)) return undefined;
      const { codes, used: struck, since } = account.recovery;
      const verifiers = Codes.parse(JSON.parse(codes));
      const taken = takenRecoveryCode({ person, key: recoveryKey, code, verifiers });
      const nth = taken === undefined ? -1 : verifiers.indexOf(taken);
      if (nth < 0 || struck.includes(nth)) return undefined;
      return (await used(record(parts, UseRecoveryCode, { person, nth, since }, visitor))) && 'recovery';
    },
    async passkey(person: PersonId, answer: unknown, purpose: Purpose, visitor: Visitor): Taken {
      const account = await activeAccount(known, person);
      if (account === undefined) return undefined;
      const all = passkeysOf(account);
      const proven = await passkeys.authenticated(person, purpose, all, answer, nowMs(parts));
      if (isPasskeyRefusal(proven)) {
        log.info({ refused: proven.refused }, 'a passkey was not taken');
        return undefined;
      }
      const passkey = all.find(({ id }) => id === proven.id)?.passkey;
      if (passkey === undefined) return undefined;
      const use = { person, passkey, counter: proven.signCount };
      return (await used(record(parts, UsePasskey, use, visitor))) && methodOf(proven);
    },
  };
}

/**
 * The account of somebody who has shown that its address is theirs. Whoever registered that of another could keep them out by a factor of
 * their own, also behind another password.
 */
async function reachable(known: DoorParts['known'], person: PersonId): Promise<Account | Rejection> {
  const account = await ownAccount(known, person);
  return isRejection(account) || account.emailVerified ? account : EmailNotVerified({});
}

/** By what somebody has proven who they are; undefined: they have not. */
type Taken = Promise<Method | undefined>;

export const methodOf = ({ synced }: Pick<Passkey, 'synced'>): Method => (synced ? 'pop' : 'hwk');

function confirming(parts: DoorParts): Pick<Door, 'passkeyQuestion' | 'confirmSecondFactor'> {
  const taking = factorTaking(parts);

  function taken(person: PersonId, answer: SecondFactorAnswer, purpose: Purpose, visitor: Visitor) {
    switch (answer.by) {
      case 'passkey':
        return taking.passkey(person, answer.answer, purpose, visitor);
      case 'totp':
      case 'recoveryCode':
        return taking[answer.by](person, answer.code, visitor);
    }
  }

  return {
    async passkeyQuestion(person, purpose) {
      const account = await ownAccount(parts.known, person);
      if (isRejection(account)) return account;
      if (account.passkeys.length === 0) return FactorUnknown({});
      return parts.passkeys.authentication(person, purpose, passkeysOf(account), nowMs(parts));
    },
    async confirmSecondFactor(person, answer, purpose, visitor) {
      const who = { secret: answer.by satisfies Secret, account: person, address: visitor.address };
      const method = await parts.throttle.attempt(who, () => taken(person, answer, purpose, visitor));
      if (method === undefined) return InvalidCode({});
      return typeof method === 'string' ? { method } : method;
    },
  };
}

function apps(parts: DoorParts): Pick<Door, 'enrolTotp' | 'confirmTotp' | 'removeTotp'> {
  const { known, throttle, random, issuer } = parts;

  async function confirmed(person: PersonId, code: string, visitor: Visitor): Promise<true | undefined> {
    const { pendingTotp: pending } = (await activeAccount(known, person)) ?? {};
    if (pending === undefined) return undefined;
    const { secret, since } = pending;
    const step = takenTotpStep({ secret, code, nowMs: nowMs(parts), lastStep: undefined });
    return step === undefined
      ? undefined
      : used(record(parts, ConfirmTotp, { person, step, since }, visitor));
  }

  return {
    async enrolTotp(person) {
      const account = await reachable(known, person);
      if (isRejection(account)) return account;
      const secret = newTotpSecret(random);
      const refusal = await record(parts, EnrolTotp, { person, secret });
      return refusal ?? forApp({ issuer, account: account.email, secret });
    },
    async confirmTotp(person, code, visitor) {
      const account = await ownAccount(known, person);
      if (isRejection(account)) return account;
      if (account.pendingTotp === undefined) return FactorUnknown({});
      const who = { secret: 'totp', account: person, address: visitor.address } as const;
      const yes = await throttle.attempt(who, () => confirmed(person, code, visitor));
      if (yes === undefined) return InvalidCode({});
      return yes === true ? withCodes(parts, account) : yes;
    },
    removeTotp: (person) => record(parts, RemoveTotp, { person }),
  };
}

/** Of a person’s own form: nobody’s is another’s. */
const commandOf = (person: PersonId, asked: string): string =>
  `codes-${createHash('sha256').update(`${person} ${asked}`).digest('base64url')}`;

/** Fresh ones, and the hashes of them as they are recorded. */
function newCodes({ random, recoveryKey: key }: Pick<DoorParts, 'random' | 'recoveryKey'>, person: PersonId) {
  const { codes, verifiers } = newRecoveryCodes({ person, key, random });
  return { codes, data: { person, codes: JSON.stringify(verifiers), count: verifiers.length } };
}

/** Fresh recovery codes, in place of those of before. Codes differ each time: the same form sent again is another command by its id. */
async function codesFor(
  parts: DoorParts,
  person: PersonId,
  asked: string | undefined,
): Promise<FactorAdded | Rejection> {
  const { codes, data } = newCodes(parts, person);
  const commandId = asked === undefined ? undefined : commandOf(person, asked);
  return (await record(parts, MakeRecoveryCodes, data, { commandId })) ?? { codes };
}

/**
 * Recovery codes come with the first factor: whoever has to ask for them has none on the day on which the factor is lost. That they could
 * not be made now undoes no factor that counts already: they may be asked for. Of a form that was sent twice at once one answer has them.
 *
 * @param account of before the factor was added
 */
async function withCodes(
  parts: DoorParts,
  { person, recovery }: Pick<Account, 'person' | 'recovery'>,
): Promise<FactorAdded> {
  if (recovery !== undefined) return { codes: [] };
  const { codes, data } = newCodes(parts, person);
  const reply = await recorded(parts, MakeRecoveryCodes, { ...data, first: true });
  if (reply.outcome === 'rejected') return { codes: [] };
  return reply.events.length > 0 ? { codes } : { codes: [], toldElsewhere: true };
}

const NAME_BYTES = 12;

function keys(parts: DoorParts): Pick<Door, 'passkeyOffer' | 'addPasskey' | 'removePasskey'> {
  const { known, passkeys, random, log } = parts;

  async function added(account: Account, answer: unknown): Promise<PasskeyAdded | Rejection> {
    const { person } = account;
    const made = await passkeys.registered(person, passkeysOf(account), answer, nowMs(parts));
    if (isPasskeyRefusal(made)) {
      log.info({ refused: made.refused }, 'a passkey was not added');
      return made.refused === 'limit' ? TooManyPasskeys({ limit: MOST_PASSKEYS }) : InvalidCode({});
    }
    const { signCount: counter, ...kept } = made;
    const credential = JSON.stringify(Kept.parse(kept));
    const passkey = `k${Buffer.from(random(NAME_BYTES)).toString('base64url')}`;
    const refusal = await record(parts, AddPasskey, { person, passkey, credential, counter });
    return refusal ?? { ...(await withCodes(parts, account)), method: methodOf(made) };
  }

  return {
    async passkeyOffer(person) {
      const account = await reachable(known, person);
      if (isRejection(account)) return account;
      const { email } = account;
      const whose = { id: person, login: email, name: email };
      return passkeys.registration(whose, passkeysOf(account), nowMs(parts));
    },
    async addPasskey(person, answer) {
      const account = await reachable(known, person);
      return isRejection(account) ? account : added(account, answer);
    },
    removePasskey: (person, passkey) => record(parts, RemovePasskey, { person, passkey }),
  };
}

/** What is asked for beside passwords. */
export function secondFactors(
  parts: DoorParts,
): ReturnType<typeof confirming> &
  ReturnType<typeof apps> &
  ReturnType<typeof keys> &
  Pick<Door, 'makeRecoveryCodes'> {
  return {
    ...confirming(parts),
    ...apps(parts),
    ...keys(parts),
    async makeRecoveryCodes(person, asked) {
      const account = await ownAccount(parts.known, person);
      if (isRejection(account)) return account;
      if (!hasSecondFactor(account)) return FactorUnknown({});
      return codesFor(parts, person, asked);
    },
  };
}
