import type { FoldedAt } from '../../kernel/decider.ts';
import type { PersonId } from '../../kernel/ids.ts';
import { type Instant, later } from '../../kernel/instant.ts';
import type { EventOf } from '../../kernel/message.ts';
import { type PersonalText, sealedFor } from '../../kernel/personal.ts';
import type { Language } from '../../kernel/ports/mail.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import type { LoginName } from '../ids.ts';
import { type Factors, factorsAfter, noFactors } from './factors.ts';
import type { events, GrantableRole } from './messages.ts';
import { UNPROVEN_MS, unprovenUntil } from './unproven.ts';

export interface Grant {
  readonly role: GrantableRole;
  readonly by: string;
  readonly until: Instant | undefined;
}

/** What a person is written to about because somebody asks for it, who may be anybody. */
export type Letter = 'verification' | 'attempt' | 'reset' | 'emailChange';
export const LETTERS_MS = 24 * 60 * 60 * 1_000;

export interface KnownAccount {
  readonly person: PersonId;
  readonly phase: 'active' | 'locked' | 'closed' | 'erased';
  readonly login: LoginName;
  /** Sealed, as everything here that only the door opens. */
  readonly email: PersonalText;
  readonly language: Language | undefined;
  readonly verifier: PersonalText;
  /** Since when: whoever was recognised before it was so by another. */
  readonly verifierAt: Instant;
  /** The event that the password came with; hashed anew it is the same. */
  readonly passwordSince: string;
  /** The password counts only beside a second factor. */
  readonly short: boolean;
  /** The address that a link was sent to, by which it becomes the account's. */
  readonly nextEmail: { readonly login: LoginName; readonly email: PersonalText } | undefined;
  /** When each was last written, within {@link LETTERS_MS}. */
  readonly letters: Readonly<Record<Letter, readonly Instant[]>>;
  readonly paymentMeans: PersonalText | undefined;
  readonly emailVerified: boolean;
  /** Until when it may be without that; of one that is proven it says nothing. */
  readonly unprovenUntil: Instant;
  /** Whose the login is since this one has given way; undefined: it has not. */
  readonly passedTo: PersonId | undefined;
  readonly lockedOutUntil: Instant | undefined;
  /** The login by which the operator has made them an administrator; undefined: it has not. */
  readonly appointedBy: LoginName | undefined;
  /** Somebody else has taken that role from them: no operator's word of before gives it back. */
  readonly adminTaken: boolean;
  /** Nobody has a role twice. */
  readonly grants: readonly Grant[];
  readonly factors: Factors;
}

export type Account = { readonly phase: 'none' } | KnownAccount;
export const noAccount: Account = { phase: 'none' };

/** Whether it ends where nobody proves its address. What the house keeps locked is the house's to end. */
export const isUnproven = (account: Account): account is KnownAccount =>
  account.phase === 'active' && !account.emailVerified;

/** The roles that somebody has at a moment. */
export const rolesAt = ({ grants }: Pick<KnownAccount, 'grants'>, now: Instant): readonly GrantableRole[] =>
  grants.filter(({ until }) => until === undefined || until > now).map(({ role }) => role);

/** When the first of these roles ends by itself. */
export const rolesEndAt = ({ grants }: Pick<KnownAccount, 'grants'>, now: Instant): Instant | undefined =>
  grants
    .flatMap(({ until }) => (until !== undefined && until > now ? until : []))
    .sort()
    .at(0);

type Event = EventOf<(typeof events)[number]>;
const withoutRole = (grants: readonly Grant[], role: GrantableRole): readonly Grant[] =>
  grants.filter((grant) => grant.role !== role);

function registered(
  { data }: Extract<Event, { readonly type: 'AccountRegistered' }>,
  verifierAt: Instant,
): KnownAccount {
  const { person, login, email, language, verifier, paymentMeans } = data;
  return {
    ...{ person, phase: 'active', login, email, language, paymentMeans },
    ...{ verifier, verifierAt, passwordSince: sealedFor(verifier) },
    ...{ short: false, nextEmail: undefined, appointedBy: undefined, adminTaken: false },
    ...{ letters: { verification: [], attempt: [], reset: [], emailChange: [] } },
    ...{
      emailVerified: false,
      unprovenUntil: later(verifierAt, UNPROVEN_MS),
      passedTo: undefined,
      lockedOutUntil: undefined,
      grants: [],
      factors: noFactors,
    },
  };
}

/** Whoever comes later is asked what they chose themselves, and nothing of what a stranger has begun is left. */
function replaced(
  account: KnownAccount,
  { data }: Extract<Event, { readonly type: 'RegistrationReplaced' }>,
  verifierAt: Instant,
): KnownAccount {
  const { language, verifier, paymentMeans, quiet } = data;
  return {
    ...(quiet ? account : written(account, 'verification', verifierAt)),
    ...{ language, verifier, verifierAt, passwordSince: sealedFor(verifier), paymentMeans },
    ...{ short: false, nextEmail: undefined },
  };
}

function written(account: KnownAccount, letter: Letter, now: Instant): KnownAccount {
  const lately = account.letters[letter].filter((at) => later(at, LETTERS_MS) > now);
  return { ...account, letters: { ...account.letters, [letter]: [...lately, now] } };
}

const unwritten = (account: KnownAccount, letter: Letter): KnownAccount => ({
  ...account,
  letters: { ...account.letters, [letter]: [] },
});

function verifierChanged(
  account: KnownAccount,
  { data: { verifier, by, short } }: Extract<Event, { readonly type: 'VerifierChanged' }>,
  verifierAt: Instant,
): KnownAccount {
  // The same password is as long as it was.
  if (by === 'rehash')
    return { ...(account.emailVerified ? unwritten(account, 'reset') : account), verifier };
  // Whoever has the mails of the account is let in again.
  const lockedOutUntil = by === 'reset' ? undefined : account.lockedOutUntil;
  // How a person pays was chosen with the password of before: where nobody had proven the address, it may be a stranger’s.
  const paymentMeans = by === 'reset' && !account.emailVerified ? undefined : account.paymentMeans;
  // What is void by it was not written. Who has not proven the address could have its person written to without end.
  const { letters } = account.emailVerified || by === 'reset' ? unwritten(account, 'reset') : account;
  // Whoever has asked for another address had the password of before.
  return {
    ...{ ...account, letters },
    ...{ verifier, verifierAt, passwordSince: sealedFor(verifier), short: short === true },
    ...{ lockedOutUntil, paymentMeans, nextEmail: undefined },
  };
}

/**
 * What a link for another password is bound to: the password of now, and the address it was sent to. Where nobody has proven the address
 * it goes with any password, or whoever registers it again and again would void each link before its owner has followed it.
 */
export const resetBound = ({
  verifier,
  email,
  emailVerified,
}: Pick<KnownAccount, 'verifier' | 'email' | 'emailVerified'>): string =>
  `${emailVerified ? sealedFor(verifier) : 'unproven'}.${sealedFor(email)}`;

/** Who runs the platform, where somebody acts for them. */
export const OPERATOR = 'system.operator';

export function evolve(before: Account, event: Event, { occurredAt }: FoldedAt): Account {
  if (event.type === 'AccountRegistered') return registered(event, occurredAt);
  if (before.phase === 'none') return before;
  const until = unprovenUntil(before.unprovenUntil, event.type, occurredAt);
  const account: KnownAccount = until === before.unprovenUntil ? before : { ...before, unprovenUntil: until };
  switch (event.type) {
    case 'AccountRefused':
      return account;
    case 'EmailVerified':
      return { ...account, emailVerified: true };
    case 'VerificationAsked':
      return written(account, 'verification', occurredAt);
    case 'RegistrationReplaced':
      return replaced(account, event, occurredAt);
    case 'RegistrationAttempted':
      return written(account, 'attempt', occurredAt);
    case 'PasswordResetAsked':
      return written(account, 'reset', occurredAt);
    case 'VerifierChanged':
      return verifierChanged(account, event, occurredAt);
    case 'EmailChangeAsked': {
      const { login, email } = event.data;
      return { ...written(account, 'emailChange', occurredAt), nextEmail: { login, email } };
    }
    case 'EmailChanged': {
      const { login, email } = event.data;
      return { ...unwritten(account, 'reset'), login, email, nextEmail: undefined };
    }
    case 'EmailChangeRefused':
      return account;
    case 'LockedOut':
      return { ...account, lockedOutUntil: event.data.until };
    case 'AccountLocked':
      return { ...account, phase: 'locked' };
    case 'AccountUnlocked':
      return { ...account, phase: 'active', lockedOutUntil: undefined };
    case 'AccountClosed':
      return { ...account, phase: 'closed' };
    case 'PersonErased':
      return { ...account, phase: 'erased', passedTo: event.data.passedTo };
    case 'RoleGranted': {
      const { role, by, until } = event.data;
      return {
        ...account,
        appointedBy: account.appointedBy ?? (by === OPERATOR ? account.login : undefined),
        adminTaken: account.adminTaken && role !== 'admin',
        grants: [...withoutRole(account.grants, role), { role, by, until }],
      };
    }
    case 'RoleWithdrawn': {
      const { role, by, person } = event.data;
      const adminTaken = role === 'admin' ? by !== person : account.adminTaken;
      return { ...account, adminTaken, grants: withoutRole(account.grants, role) };
    }
    case 'TotpEnrolled':
    case 'TotpConfirmed':
    case 'TotpUsed':
    case 'TotpRemoved':
    case 'PasskeyAdded':
    case 'PasskeyUsed':
    case 'PasskeyRemoved':
    case 'RecoveryCodesMade':
    case 'RecoveryCodeUsed':
    case 'FactorsReset':
      return { ...account, factors: factorsAfter(account.factors, event, occurredAt) };
    default:
      return unreachable(event);
  }
}
