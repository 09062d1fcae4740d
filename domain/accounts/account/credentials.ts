import type { Facts } from '../../kernel/decider.ts';
import type { PersonId } from '../../kernel/ids.ts';
import { type Instant, later, millisecondsOf } from '../../kernel/instant.ts';
import { type CommandData, type EventOf, type RejectionOf, recordedReason } from '../../kernel/message.ts';
import { sealedFor } from '../../kernel/personal.ts';
import {
  AccountUnknown,
  type AskEmailChange,
  type AskPasswordReset,
  type AskVerification,
  ChangeEmail,
  type ChangeVerifier,
  EmailChangeAsked,
  EmailChanged,
  EmailChangeRefused,
  EmailChangeVoid,
  EmailNotVerified,
  EmailUnchanged,
  EmailVerified,
  type events,
  type NoteRegistrationAttempt,
  PasswordReplaced,
  PasswordResetAsked,
  RegistrationAttempted,
  RegistrationReplaced,
  type ReplaceRegistration,
  RoleGranted,
  SecondFactorNeeded,
  TooManyLetters,
  VerificationAsked,
  VerifierChanged,
  type VerifyEmail,
} from './messages.ts';
import { hasSecondFactor } from './second-factor.ts';
import { type Account, type KnownAccount, LETTERS_MS, type Letter, resetBound } from './state.ts';

// The address and the password of an account, and what its person is written to about them.

type Event = EventOf<(typeof events)[number]>;
type Written = RejectionOf<typeof TooManyLetters>;

/** To whom something is told by mail. */
export const toldTo = ({ email, language }: KnownAccount) => ({
  email,
  ...(language !== undefined && { language }),
});

/** What nobody else should do without its person hearing of it. */
const TOLD: ReadonlySet<string> = new Set<Event['type']>([
  'TotpConfirmed',
  'TotpRemoved',
  'PasskeyAdded',
  'PasskeyRemoved',
  'RecoveryCodesMade',
  'FactorsReset',
]);

/** The same events, and to whom those are told of which people are. */
export const telling = <R>(decided: readonly Event[] | R, account: KnownAccount): readonly Event[] | R =>
  Array.isArray(decided)
    ? (decided as readonly Event[]).map((event) =>
        TOLD.has(event.type) ? ({ ...event, data: { ...event.data, ...toldTo(account) } } as Event) : event,
      )
    : decided;

const MINUTE_MS = 60_000;
/**
 * How many minutes pass behind the first, the second and each further letter of a kind within a day before the next one goes. Anybody can
 * ask for most of them: nobody's mailbox is filled by it, and nobody is kept from theirs, because none waits for longer than the link
 * holds that was sent last. Whoever mistypes another address may correct it at once.
 */
const SPACING: Readonly<Record<Letter, readonly [number, ...number[]]>> = {
  verification: [1, 5, 15, 60],
  attempt: [24 * 60],
  reset: [1, 5, 15, 30],
  emailChange: [0, 1, 5, 15, 60],
};

/** Why none of this kind is written now; undefined: it is. */
function tooMany({ letters }: KnownAccount, letter: Letter, now: Instant): Written | undefined {
  const lately = letters[letter].filter((at) => later(at, LETTERS_MS) > now);
  const last = lately.at(-1);
  if (last === undefined) return undefined;
  const spacing = SPACING[letter];
  const minutes = spacing[Math.min(lately.length, spacing.length) - 1] ?? spacing[0];
  const retryAfterMs = millisecondsOf(last) + minutes * MINUTE_MS - millisecondsOf(now);
  return retryAfterMs > 0 ? TooManyLetters({ retryAfterMs }) : undefined;
}

/** Whoever has shown that they can be reached may bid and sell. */
export function verifyEmail(
  { person, since }: CommandData<typeof VerifyEmail>,
  { emailVerified, passwordSince }: KnownAccount,
  { actor }: Facts,
) {
  if (since !== undefined && since !== passwordSince) return PasswordReplaced({});
  return emailVerified ? [] : reached(person, actor.id);
}

/** What is recorded of whoever has shown that they can be reached. */
function reached(person: PersonId, by: PersonId) {
  const granted = (['bidder', 'seller'] as const).map((role) => RoleGranted({ person, role, by }));
  return [EmailVerified({ person }), ...granted];
}

export function askVerification(
  { person }: CommandData<typeof AskVerification>,
  account: KnownAccount,
  { now }: Facts,
) {
  if (account.emailVerified) return [];
  const asked = VerificationAsked({ person, login: account.login, ...toldTo(account) });
  return tooMany(account, 'verification', now) ?? [asked];
}

/**
 * Who has proven the address keeps what they chose. Where nobody has, what was chosen last is taken however often it happens, and only the
 * mail is spared: the link that was sent last goes with any password.
 */
export function replaceRegistration(
  data: CommandData<typeof ReplaceRegistration>,
  account: KnownAccount,
  facts: Facts,
) {
  if (account.emailVerified) return noteAttempt({ person: data.person }, account, facts);
  const { login, email } = account;
  const isQuiet = tooMany(account, 'verification', facts.now) !== undefined;
  return [RegistrationReplaced({ ...data, login, email, ...(isQuiet && { quiet: true }) })];
}

export const noteAttempt = (
  { person }: CommandData<typeof NoteRegistrationAttempt>,
  account: KnownAccount,
  { now }: Facts,
) => tooMany(account, 'attempt', now) ?? [RegistrationAttempted({ person, ...toldTo(account) })];

export function askReset(
  { person }: CommandData<typeof AskPasswordReset>,
  account: KnownAccount,
  { now }: Facts,
) {
  const since = resetBound(account);
  return tooMany(account, 'reset', now) ?? [PasswordResetAsked({ person, since, ...toldTo(account) })];
}

export function changeVerifier(
  { instead, ...data }: CommandData<typeof ChangeVerifier>,
  account: KnownAccount,
  { actor }: Facts,
) {
  if (instead !== undefined && instead !== sealedFor(account.verifier)) return PasswordReplaced({});
  if (data.short === true && !hasSecondFactor(account.factors)) return SecondFactorNeeded({});
  const changed = VerifierChanged({ ...data, ...(data.by !== 'rehash' && toldTo(account)) });
  // Whoever has followed a link there can be reached there; in one step, or a stranger could register between the two.
  const isReached = data.by === 'reset' && !account.emailVerified;
  return [changed, ...(isReached ? reached(data.person, actor.id) : [])];
}

export function askEmailChange(
  { person, login, email, since }: CommandData<typeof AskEmailChange>,
  account: KnownAccount,
  { now }: Facts,
) {
  // Another password has voided what was asked for by this one, and what is asked for by it behind that, too.
  if (since !== undefined && since !== account.passwordSince) return PasswordReplaced({});
  // With its login it would leave behind what its owner was sent, and how often: whoever has mistyped theirs registers again.
  if (!account.emailVerified) return EmailNotVerified({});
  if (login === account.login) return EmailUnchanged({});
  const { language } = account;
  const asked = { person, login, email, ...(language !== undefined && { language }) };
  return tooMany(account, 'emailChange', now) ?? [EmailChangeAsked(asked)];
}

/** The login was claimed already: what does not come to an end has to say so, for it to be let go. */
export function changeEmail(data: CommandData<typeof ChangeEmail>, account: Account) {
  const { person, login } = data;
  if (account.phase === 'none') return AccountUnknown({});
  if (account.login === login) return [];
  const { nextEmail, login: formerLogin, email: formerEmail, language } = account;
  if (account.phase !== 'active' || !account.emailVerified || nextEmail?.login !== login) {
    const reason = recordedReason(ChangeEmail.rejections, EmailChangeVoid({}));
    return [EmailChangeRefused({ person, login, reason })];
  }
  const changed = EmailChanged({
    ...{ person, login, email: nextEmail.email, formerLogin, formerEmail },
    ...(language !== undefined && { language }),
  });
  return [changed];
}
