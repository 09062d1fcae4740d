import { type Decision, decider, type Facts } from '../../kernel/decider.ts';
import type { Instant } from '../../kernel/instant.ts';
import { type CommandData, type EventOf, type RejectionOf, recordedReason } from '../../kernel/message.ts';
import { type OwnAffair, ownAffair } from '../../kernel/own-affair.ts';
import {
  askEmailChange,
  askReset,
  askVerification,
  changeEmail,
  changeVerifier,
  noteAttempt,
  replaceRegistration,
  telling,
  toldTo,
  verifyEmail,
} from './credentials.ts';
import {
  addPasskey,
  confirmTotp,
  type FactorEvent,
  type Factors,
  factorsAfter,
  hasAnyFactor,
  makeRecoveryCodes,
  removePasskey,
  removeTotp,
  takePasskey,
  takeRecoveryCode,
  takeTotp,
} from './factors.ts';
import {
  closeAccount,
  completeErasure,
  eraseMe,
  erasePerson,
  expireRegistration,
  yieldRegistration,
} from './leaving.ts';
import {
  AccountExists,
  AccountLocked,
  AccountNotActive,
  AccountRefused,
  AccountRegistered,
  AccountUnknown,
  AccountUnlocked,
  type AppointAdministrator,
  accountStream,
  commands,
  EmailNotVerified,
  type EnrolTotp,
  events,
  FactorsReset,
  GrantOver,
  type GrantRole,
  LockedOut,
  type LockOut,
  RegisterAccount,
  type ResetFactors,
  RoleGranted,
  RolesConflict,
  RoleWithdrawn,
  SecondFactorNeeded,
  TotpEnrolled,
} from './messages.ts';
import { isConflict } from './roles.ts';
import { hasSecondFactor } from './second-factor.ts';
import {
  type Account,
  evolve,
  type Grant,
  type KnownAccount,
  noAccount,
  OPERATOR,
  rolesAt,
} from './state.ts';

type Event = EventOf<(typeof events)[number]>;
type Inactive = RejectionOf<typeof AccountUnknown | typeof AccountNotActive>;

/** Why nothing is decided for this account; undefined: it is active. */
function whyNot(account: Account): Inactive | undefined {
  if (account.phase === 'none') return AccountUnknown({});
  return account.phase === 'active' ? undefined : AccountNotActive({ state: account.phase });
}

const isList = <R>(decided: Decision<Event, R>): decided is readonly Event[] => Array.isArray(decided);

/** Decides what only an active account can have. */
const whileActive =
  <Data, Rest extends readonly unknown[], R>(
    decide: (data: Data, account: KnownAccount, ...rest: Rest) => Decision<Event, R>,
  ) =>
  (data: Data, account: Account, ...rest: Rest): Decision<Event, R | Inactive> => {
    if (account.phase === 'none') return AccountUnknown({});
    return whyNot(account) ?? decide(data, account, ...rest);
  };

/** A way in that is added before its person can be reached would be somebody else's: whoever registers another's address adds it. */
const whileReached = <Data, R = never>(decide: (data: Data, factors: Factors) => Decision<Event, R>) =>
  whileActive(
    (data: Data, account): Decision<Event, R | RejectionOf<typeof EmailNotVerified>> =>
      account.emailVerified ? telling(decide(data, account.factors), account) : EmailNotVerified({}),
  );

const ofFactors = <Data, R>(decide: (data: Data, factors: Factors) => Decision<Event, R>) =>
  whileActive((data: Data, account) => telling(decide(data, account.factors), account));

/** Takes a factor away, unless it is the last, and the password cannot stand alone. */
const withoutFactor = <Data, R>(decide: (data: Data, factors: Factors) => Decision<Event, R>) =>
  whileActive(
    (data: Data, account, { now }: Facts): Decision<Event, R | RejectionOf<typeof SecondFactorNeeded>> => {
      const { short, factors } = account;
      const decided = decide(data, factors);
      if (!isList(decided)) return decided;
      const left = decided.reduce(
        (before, event) => factorsAfter(before, event as FactorEvent, now),
        factors,
      );
      if (short && hasSecondFactor(factors) && !hasSecondFactor(left)) return SecondFactorNeeded({});
      return telling(decided, account);
    },
  );

function registerAccount(data: CommandData<typeof RegisterAccount>, account: Account) {
  const { person, login } = data;
  if (account.phase === 'none') return [AccountRegistered(data)];
  if (account.login === login) return [];
  const reason = recordedReason(RegisterAccount.rejections, AccountExists({}));
  return [AccountRefused({ person, login, reason })];
}

/** Whether somebody would have a role for a shorter time than they were told; what was over was told so. */
const endsEarlier = (known: Grant | undefined, until: Instant | undefined): boolean =>
  known !== undefined && until !== undefined && (known.until === undefined || until < known.until);

function grantRole(
  { person, role, until }: CommandData<typeof GrantRole>,
  account: KnownAccount,
  { actor, now }: Facts,
) {
  const own = ownAffair(actor, person);
  if (own !== undefined) return own;
  if (!account.emailVerified) return EmailNotVerified({});
  if (until !== undefined && until <= now) return GrantOver({});
  const conflicting = rolesAt(account, now).filter((has) => isConflict(has, role));
  if (conflicting.length > 0) return RolesConflict({ role, with: [...conflicting] });
  const known = account.grants.find((grant) => grant.role === role);
  if (known !== undefined && known.until === until) return [];
  const by = actor.id;
  const granted = RoleGranted({ person, role, by, ...(until !== undefined && { until }) });
  // What ends earlier than was told takes back what was told: tokens from before go by the end of before, and end by this.
  return endsEarlier(known, until) ? [RoleWithdrawn({ person, role, by }), granted] : [granted];
}

/** A password that is too short to stand alone is replaced first, which its person does by mail. */
function resetFactors(
  data: CommandData<typeof ResetFactors>,
  account: KnownAccount,
  { actor }: Facts,
): Decision<Event, RejectionOf<typeof OwnAffair | typeof SecondFactorNeeded>> {
  const own = ownAffair(actor, data.person);
  if (own !== undefined) return own;
  if (!hasAnyFactor(account.factors)) return [];
  if (account.short) return SecondFactorNeeded({});
  return telling([FactorsReset({ ...data, by: actor.id })], account);
}

function appoint(
  { person, again }: CommandData<typeof AppointAdministrator>,
  account: KnownAccount,
  { now }: Facts,
) {
  const { emailVerified, appointedBy, adminTaken, grants } = account;
  if (
    appointedBy !== undefined &&
    (again === undefined || adminTaken || rolesAt(account, now).includes('admin'))
  )
    return [];
  if (!emailVerified) return EmailNotVerified({});
  const withdrawn = grants
    .filter(({ role }) => isConflict(role, 'admin'))
    .map(({ role }) => RoleWithdrawn({ person, role, by: OPERATOR }));
  return [...withdrawn, RoleGranted({ person, role: 'admin', by: OPERATOR })];
}

/** One person's account: how they prove who they are, whether they may come in, and what they may do. */
export const account = decider({
  stream: accountStream,
  events,
  commands,
  stateVersion: 8,
  initial: noAccount,
  evolve,
  decide: {
    RegisterAccount: registerAccount,
    VerifyEmail: whileActive(verifyEmail),
    AskVerification: whileActive(askVerification),
    ReplaceRegistration: whileActive(replaceRegistration),
    NoteRegistrationAttempt: whileActive(noteAttempt),
    AskPasswordReset: whileActive(askReset),
    ChangeVerifier: whileActive(changeVerifier),
    AskEmailChange: whileActive(askEmailChange),
    ChangeEmail: changeEmail,
    YieldRegistration: yieldRegistration,
    ExpireRegistration: expireRegistration,
    LockOut: whileActive((data: CommandData<typeof LockOut>, account, { now }: Facts) =>
      (account.lockedOutUntil ?? now) > now ? [] : [LockedOut({ ...data, ...toldTo(account) })],
    ),
    LockAccount({ person, cause }, state, { actor }) {
      const own = ownAffair(actor, person);
      if (own !== undefined) return own;
      if (state.phase === 'locked') return [];
      return whyNot(state) ?? [AccountLocked({ person, by: actor.id, cause })];
    },
    UnlockAccount({ person, cause }, state, { actor }) {
      const own = ownAffair(actor, person);
      if (own !== undefined) return own;
      if (state.phase === 'active' && state.lockedOutUntil === undefined) return [];
      const why = state.phase === 'locked' ? undefined : whyNot(state);
      return why ?? [AccountUnlocked({ person, by: actor.id, cause })];
    },
    ResetFactors: whileActive(resetFactors),
    CloseAccount: closeAccount,
    EraseMe: eraseMe,
    ErasePerson: erasePerson,
    CompleteErasure: completeErasure,
    GrantRole: whileActive(grantRole),
    AppointAdministrator: whileActive(appoint),
    WithdrawRole({ person, role }, state, { actor }) {
      if (state.phase === 'none') return AccountUnknown({});
      const has = state.grants.some((grant) => grant.role === role);
      return has ? [RoleWithdrawn({ person, role, by: actor.id })] : [];
    },
    EnrolTotp: whileReached((data: CommandData<typeof EnrolTotp>) => [TotpEnrolled(data)]),
    ConfirmTotp: ofFactors(confirmTotp),
    UseTotp: ofFactors(takeTotp),
    RemoveTotp: withoutFactor(({ person }: { readonly person: string }, factors) =>
      removeTotp(person, factors),
    ),
    AddPasskey: whileReached(addPasskey),
    UsePasskey: ofFactors(takePasskey),
    RemovePasskey: withoutFactor(removePasskey),
    MakeRecoveryCodes: whileReached(makeRecoveryCodes),
    UseRecoveryCode: ofFactors(takeRecoveryCode),
  },
});
