import { z } from 'zod';
import { NotYet } from '../../kernel/deadline.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, preconditionOf, type RejectionOf } from '../../kernel/message.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { personalInput } from '../../kernel/personal.ts';
import { Language } from '../../kernel/ports/mail.ts';
import { stream } from '../../kernel/stream.ts';
import { someText } from '../../kernel/text.ts';
import { LoginName, PasskeyId } from '../ids.ts';
import { LoginInUse } from '../login/messages.ts';
import { verifierInput } from '../verifiers.ts';
import {
  Codes,
  Counter,
  ErasureCause,
  GrantableRole,
  registration,
  Since,
  Step,
  VerifierCause,
} from './events.ts';
import {
  AccountActive,
  AccountExists,
  AccountNotActive,
  AccountUnknown,
  EmailChangeVoid,
  EmailNotVerified,
  EmailUnchanged,
  FactorUnknown,
  FactorUsed,
  GrantOver,
  MoneyLeft,
  PasswordReplaced,
  RolesConflict,
  SalesOpen,
  SecondFactorNeeded,
  TooManyLetters,
  TooManyPasskeys,
  WalletsOpen,
} from './rejections.ts';

/** The streams of accounts: a person has one. */
export const accountStream = stream('account', ({ person }: { person: PersonId }) => person);

const person = { person: PersonId };
const ofPerson = { of: 'person' } as const;
/** Words about the person. */
const cause = { cause: personalInput(someText(500), ofPerson) };
/** The event that the secret, or the list of codes, came with which was looked at: another one is not proven by it. */
const factorSince = Since.optional();
/** What the door alone may say, because it alone has checked a secret; it names the person. */
const door = { from: 'internal', stream: accountStream } as const;
const ofAdmin = { from: ['admin'], stream: accountStream } as const;
const own = {
  // Also who has no role yet, because nobody knows that they can be reached.
  from: 'member',
  /** What is for good is not done by a slip: it has to be said. */
  data: { forGood: z.literal(true) },
  stream: (_: object, { id }: { id: PersonId }) => accountStream({ person: id }),
} as const;
/** Why this person cannot be made to leave yet. */
export type MoneyPrecondition = { readonly refusal?: RejectionOf<typeof SalesOpen | typeof MoneyLeft> };
/** Why this person cannot leave yet by themselves. */
export type ErasurePrecondition = {
  readonly refusal?: RejectionOf<typeof SalesOpen | typeof MoneyLeft | typeof WalletsOpen>;
};
/** Why this registration gives way to nobody. */
export type YieldPrecondition = {
  readonly refusal?: RejectionOf<typeof SalesOpen | typeof MoneyLeft | typeof EmailChangeVoid>;
};
const active = [AccountUnknown, AccountNotActive] as const;

export const RegisterAccount = command('RegisterAccount', {
  ...door,
  description: 'Gives a person the account for which a login was taken. Once.',
  data: registration,
  rejections: [AccountExists],
});
export const VerifyEmail = command('VerifyEmail', {
  ...door,
  description:
    'Records that the address of the account is the person’s. From then on they may bid and sell. The door has checked the link and the password.',
  data: {
    ...person,
    /** The event that the password came with which was checked: proven is it for that one alone. */
    since: Since.optional(),
  },
  rejections: [...active, PasswordReplaced],
});
export const AskVerification = command('AskVerification', {
  ...door,
  description: 'Has the mail sent once more by which a person shows that the address is theirs.',
  data: person,
  rejections: [...active, TooManyLetters],
});
export const ReplaceRegistration = command('ReplaceRegistration', {
  ...door,
  description:
    'Puts what somebody has registered with in the place of what was registered before, where nobody has proven the address; else it is noted as an attempt.',
  data: {
    ...person,
    language: Language.optional(),
    verifier: verifierInput(ofPerson),
    paymentMeans: verifierInput(ofPerson).optional(),
  },
  rejections: [...active, TooManyLetters],
});
export const NoteRegistrationAttempt = command('NoteRegistrationAttempt', {
  ...door,
  description: 'Records that somebody wanted to register with the address of this account; once a day.',
  data: person,
  rejections: [...active, TooManyLetters],
});
export const AskPasswordReset = command('AskPasswordReset', {
  ...door,
  description:
    'Has a link sent by which another password can be chosen, once; the one that was sent last holds until the next.',
  data: person,
  rejections: [...active, TooManyLetters],
});
export const ChangeVerifier = command('ChangeVerifier', {
  ...door,
  description: 'Records another password. The door has checked the old one, or the link of a reset.',
  data: {
    ...person,
    verifier: verifierInput(ofPerson),
    by: VerifierCause,
    /** The event that the password came with which was checked: of two at once one wins. */
    instead: Since.optional(),
    short: z.literal(true).optional(),
  },
  rejections: [...active, PasswordReplaced, SecondFactorNeeded],
});
export const AskEmailChange = command('AskEmailChange', {
  ...door,
  description:
    'Has a link sent to another address of a person who has shown that the one of now is theirs. The door has checked the password.',
  data: {
    ...person,
    login: LoginName,
    email: personalInput(someText(254), ofPerson),
    /** The event that the password came with which was checked: another one does not ask for it. */
    since: Since.optional(),
  },
  rejections: [...active, PasswordReplaced, EmailNotVerified, EmailUnchanged, TooManyLetters],
});
export const ChangeEmail = command('ChangeEmail', {
  ...door,
  description: 'Gives an account the address that was asked for, whose login was claimed for it.',
  data: { ...person, login: LoginName },
  rejections: [AccountUnknown, EmailChangeVoid],
});
export const YieldRegistration = command('YieldRegistration', {
  ...door,
  description:
    'Ends an account whose address nobody has proven, and passes its login on to whoever has proven it for theirs. The door has checked the link in the mail to it, and the password.',
  data: { ...person, login: LoginName, to: PersonId },
  rejections: [AccountUnknown, LoginInUse, SalesOpen, MoneyLeft, EmailChangeVoid],
  precondition: preconditionOf<YieldPrecondition>(),
});
export const ExpireRegistration = command('ExpireRegistration', {
  ...{ from: 'internal', stream: accountStream },
  description:
    'Ends an account whose address nobody has proven in time, as one that is erased. It stays where the address was proven, where the house has locked it, or where it was registered anew meanwhile.',
  data: {
    ...person,
    /** The end of the time that is taken to be over. */
    until: Instant,
  },
  rejections: [AccountUnknown, NotYet, SalesOpen, MoneyLeft],
  precondition: preconditionOf<MoneyPrecondition>(),
});
export const LockOut = command('LockOut', {
  ...door,
  description: 'Records that the door takes few more attempts for a while.',
  data: { ...person, until: Instant },
  rejections: active,
});
export const LockAccount = command('LockAccount', {
  ...ofAdmin,
  description: 'Keeps a person out, and ends all their sessions.',
  data: { ...person, ...cause },
  rejections: [OwnAffair, ...active],
});
export const UnlockAccount = command('UnlockAccount', {
  ...ofAdmin,
  stepUp: true,
  description: 'Lets a person in again whom an administrator has kept out, or who was locked out.',
  data: { ...person, ...cause },
  rejections: [OwnAffair, ...active],
});
export const ResetFactors = command('ResetFactors', {
  ...ofAdmin,
  stepUp: true,
  description:
    'Takes all second factors and recovery codes of a person away who has lost them, and ends their sessions: from then on their password lets them in alone. Be sure first that it is they who ask.',
  data: { ...person, ...cause },
  rejections: [OwnAffair, SecondFactorNeeded, ...active],
});
export const CloseAccount = command('CloseAccount', {
  ...own,
  stepUp: true,
  description:
    'Closes your account, for good: nobody comes in by it again. Your login stays yours, so only where you have shown that it is; to be erased later, ask the house. Only where no lot of yours is being sold, no money of yours is left here, or on its way, and your wallets are closed.',
  rejections: [AccountUnknown, EmailNotVerified, SalesOpen, MoneyLeft, WalletsOpen],
  precondition: preconditionOf<ErasurePrecondition>(),
});
export const EraseMe = command('EraseMe', {
  ...own,
  stepUp: true,
  description:
    'Has you forgotten, for good: the key by which what is recorded about you is encrypted is destroyed. Only where you have shown that your login is yours, no lot of yours is being sold, no money of yours is left here, or on its way, and your wallets are closed.',
  rejections: [AccountUnknown, EmailNotVerified, SalesOpen, MoneyLeft, WalletsOpen],
  precondition: preconditionOf<ErasurePrecondition>(),
});
export const ErasePerson = command('ErasePerson', {
  ...ofAdmin,
  stepUp: true,
  description:
    'Has a person forgotten who has asked the house for it and cannot come in any more: their account is locked or closed. Only where no lot of theirs is being sold and no money of theirs is left here, or on its way; wallets of theirs that are open are closed behind it.',
  data: { ...person, cause: ErasureCause },
  rejections: [OwnAffair, AccountUnknown, AccountActive, SalesOpen, MoneyLeft],
  precondition: preconditionOf<MoneyPrecondition>(),
});
export const CompleteErasure = command('CompleteErasure', {
  ...{ from: 'internal', stream: accountStream },
  description:
    'Records once more that a person was forgotten whose key is destroyed, where the history does not know: it is older than their erasure. What money it knows of theirs is owed to them by their id.',
  data: person,
  rejections: [AccountUnknown],
});

export const GrantRole = command('GrantRole', {
  ...ofAdmin,
  stepUp: true,
  description:
    'Gives another person a role, for ever or until a time; another time takes the place of the one before. One that ends earlier is taken back first, which ends the tokens that tell of the end of before.',
  data: { ...person, role: GrantableRole, until: Instant.optional() },
  rejections: [OwnAffair, EmailNotVerified, GrantOver, RolesConflict, ...active],
});
export const AppointAdministrator = command('AppointAdministrator', {
  ...door,
  description:
    'Makes a person an administrator whom the operator names, once: who was made one so before, and is none any more, stays none, unless nobody is one any more and nobody has taken it from them.',
  data: {
    ...person,
    /** The door has seen that nobody is an administrator any more. */
    again: z.literal(true).optional(),
  },
  rejections: [...active, EmailNotVerified],
});
export const WithdrawRole = command('WithdrawRole', {
  ...ofAdmin,
  stepUp: true,
  description: 'Takes a role back. An administrator may give up their own.',
  data: { ...person, role: GrantableRole },
  rejections: [AccountUnknown],
});

export const EnrolTotp = command('EnrolTotp', {
  ...door,
  description: 'Keeps the sealed secret of an app; it counts when a code of it has come.',
  data: { ...person, secret: verifierInput(ofPerson) },
  rejections: [...active, EmailNotVerified],
});
export const ConfirmTotp = command('ConfirmTotp', {
  ...door,
  description: 'Records the first code of an app, by its step.',
  data: { ...person, step: Step, since: factorSince },
  rejections: [...active, FactorUnknown],
});
export const UseTotp = command('UseTotp', {
  ...door,
  description: 'Records that a code was taken, by its step, before the door says yes.',
  data: { ...person, step: Step, since: factorSince },
  rejections: [...active, FactorUnknown, FactorUsed],
});
export const RemoveTotp = command('RemoveTotp', {
  ...door,
  description: 'Asks for codes of the app no more.',
  data: person,
  rejections: [...active, SecondFactorNeeded],
});
export const AddPasskey = command('AddPasskey', {
  ...door,
  description: 'Keeps a passkey: its credential with the public key, and its counter.',
  data: { ...person, passkey: PasskeyId, credential: verifierInput(ofPerson), counter: Counter },
  rejections: [...active, EmailNotVerified, TooManyPasskeys],
});
export const UsePasskey = command('UsePasskey', {
  ...door,
  description: 'Records the counter of a passkey that was used, before the door says yes.',
  data: { ...person, passkey: PasskeyId, counter: Counter },
  rejections: [...active, FactorUnknown, FactorUsed],
});
export const RemovePasskey = command('RemovePasskey', {
  ...door,
  description: 'Takes a passkey no more.',
  data: { ...person, passkey: PasskeyId },
  rejections: [...active, SecondFactorNeeded],
});
export const MakeRecoveryCodes = command('MakeRecoveryCodes', {
  ...door,
  description: 'Keeps the hashes of fresh recovery codes in place of those of before.',
  data: {
    ...person,
    codes: verifierInput(ofPerson),
    count: Codes,
    /** They come with a factor, and are made where there are none. */
    first: z.literal(true).optional(),
  },
  rejections: [...active, EmailNotVerified],
});
export const UseRecoveryCode = command('UseRecoveryCode', {
  ...door,
  description: 'Strikes out a recovery code, by its place, before the door says yes.',
  data: { ...person, nth: z.int().min(0).max(19), since: factorSince },
  rejections: [...active, FactorUnknown, FactorUsed],
});

export const commands = [
  RegisterAccount,
  VerifyEmail,
  AskVerification,
  ReplaceRegistration,
  NoteRegistrationAttempt,
  AskPasswordReset,
  ChangeVerifier,
  AskEmailChange,
  ChangeEmail,
  YieldRegistration,
  ExpireRegistration,
  LockOut,
  LockAccount,
  UnlockAccount,
  ResetFactors,
  CloseAccount,
  EraseMe,
  ErasePerson,
  CompleteErasure,
  GrantRole,
  AppointAdministrator,
  WithdrawRole,
  EnrolTotp,
  ConfirmTotp,
  UseTotp,
  RemoveTotp,
  AddPasskey,
  UsePasskey,
  RemovePasskey,
  MakeRecoveryCodes,
  UseRecoveryCode,
] as const;
