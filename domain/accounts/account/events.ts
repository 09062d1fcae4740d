import { z } from 'zod';
import { Role } from '../../kernel/actor.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { event, onceInPlain, refusalShape } from '../../kernel/message.ts';
import { personalText } from '../../kernel/personal.ts';
import { Language } from '../../kernel/ports/mail.ts';
import { LoginName, PasskeyId } from '../ids.ts';
import { verifierText } from '../verifiers.ts';

// Streams `account-<person>`: how somebody proves who they are, and what they may do. This is the permanent storage format.

const person = { person: PersonId };
const ofPerson = { of: 'person' } as const;
/** Nothing of accounts leaves for the topics: who may come in is between the house and its people. */
const kept = { version: 1, published: false } as const;

/** A role that a person can have; `system` is nobody's. */
export const GrantableRole = Role.exclude(['system']).meta({
  id: 'GrantableRole',
  description: 'A role that a person can be given.',
});
export type GrantableRole = z.output<typeof GrantableRole>;

export const Step = z.int().min(0).max(1_000_000_000_000);
export const Counter = z.int().min(0).max(4_294_967_295);
export const Codes = z.int().min(1).max(20);
/** Why somebody is forgotten at the house's hands: no words about them, because nobody could read those behind it. */
export const ErasureCause = z.enum(['asked', 'required']).meta({
  id: 'ErasureCause',
  description: 'They have asked the house for it, or a law or a court requires it.',
});

/** Why somebody is forgotten: `unproven`, because nobody has shown that the address is theirs. */
const ErasedBecause = z.enum([...ErasureCause.options, 'unproven']);

const address = personalText({ ...ofPerson, and: ['admin'] });
/** To whom it is told by mail, as the account had it then. */
const told = { email: address.optional(), language: Language.optional() };
/** The event that a password came with: what is bound to it is void when there is another. */
export const Since = z.string().max(160);

/** What a registration brings, as the login's stream hands it on. */
export const registration = {
  ...person,
  login: LoginName,
  email: address,
  /** In which the person is written to. */
  language: Language.optional(),
  verifier: verifierText(ofPerson),
  /** How the person pays, as the provider knows it: we never see the card. */
  paymentMeans: verifierText(ofPerson).optional(),
};

export const AccountRegistered = event('AccountRegistered', {
  ...kept,
  description: 'Somebody has an account, by a login that is theirs alone.',
  data: registration,
});
export const AccountRefused = event('AccountRefused', {
  ...kept,
  description: 'A login was taken for a person who has an account already; it is let go.',
  refusal: true,
  data: { ...person, login: LoginName, ...refusalShape },
});
export const EmailVerified = event('EmailVerified', {
  ...kept,
  description: 'Somebody has followed the link in the mail that was sent to the address of the account.',
  data: person,
});
export const VerificationAsked = event('VerificationAsked', {
  ...kept,
  description: 'The person wants the mail once more by which they show that the address is theirs.',
  data: { ...person, login: LoginName, ...told },
});
export const RegistrationReplaced = event('RegistrationReplaced', {
  ...kept,
  description:
    'Somebody has registered anew with an address that nobody has proven: what they chose takes the place of what was chosen before.',
  data: {
    ...registration,
    /** No mail goes out for it: one was sent a moment ago, and its link holds. */
    quiet: z.literal(true).optional(),
  },
});
export const RegistrationAttempted = event('RegistrationAttempted', {
  ...kept,
  description: 'Somebody wanted to register with the address of the account, which its person is told.',
  data: { ...person, ...told },
});
export const PasswordResetAsked = event('PasswordResetAsked', {
  ...kept,
  description: 'Somebody wants another password for the account; its person gets a link.',
  data: { ...person, since: Since, ...told },
});
/** Why there is another verifier: `rehash` is the same password at another cost. */
export const VerifierCause = z.enum(['change', 'reset', 'rehash']);
export const VerifierChanged = event('VerifierChanged', {
  ...kept,
  description:
    'The password is another, by whoever knew the old one or by a reset; or it is the same and its verifier was made anew.',
  data: {
    ...person,
    verifier: verifierText(ofPerson),
    by: VerifierCause,
    /** It is too short to stand without a second factor. */
    short: z.literal(true).optional(),
    ...told,
  },
});
export const EmailChangeAsked = event('EmailChangeAsked', {
  ...kept,
  description:
    'The person wants another address, and gets a link there; until it is followed nothing changes.',
  data: { ...person, login: LoginName, email: address, language: Language.optional() },
});
export const EmailChanged = event('EmailChanged', {
  ...kept,
  description: 'The account has another address and another login; those of before are told, and let go.',
  data: {
    ...person,
    login: LoginName,
    email: address,
    formerLogin: LoginName,
    formerEmail: address,
    language: Language.optional(),
  },
});
export const EmailChangeRefused = event('EmailChangeRefused', {
  ...kept,
  description: 'A login was claimed for an account that cannot have it; it is let go.',
  refusal: true,
  data: { ...person, login: LoginName, ...refusalShape },
});
/** Why the house has done something about a person, in words about them; `causeInPlain` is how the first versions had it. */
const cause = {
  cause: personalText({ ...ofPerson, and: ['admin'] }).optional(),
  causeInPlain: z.string().optional(),
};
export const LockedOut = event('LockedOut', {
  ...kept,
  description: 'Too many attempts failed of late: the door takes few more of anybody for a while.',
  data: { ...person, until: Instant, ...told },
});
export const AccountLocked = event('AccountLocked', {
  ...{ ...kept, version: 2 },
  description: 'An administrator keeps the person out.',
  data: { ...person, by: PersonId, ...cause },
  upcasts: { 1: onceInPlain('cause') },
});
export const AccountUnlocked = event('AccountUnlocked', {
  ...{ ...kept, version: 2 },
  description: 'An administrator lets the person in again.',
  data: { ...person, by: PersonId, ...cause },
  upcasts: { 1: onceInPlain('cause') },
});
export const AccountClosed = event('AccountClosed', {
  ...kept,
  description: 'The person does not come back. Their login stays theirs until they are erased.',
  data: person,
});
export const PersonErased = event('PersonErased', {
  ...{ ...kept, version: 3 },
  description:
    'The person is to be forgotten: their key is destroyed, and their login let go, or passed on to whoever has proven its address.',
  data: {
    ...person,
    login: LoginName,
    /**
     * Who of the house has done it for them. Left out: they themselves; where it is `unproven`, nobody. The operator, and no cause: the key was
     * destroyed, and the history, brought back from before, did not say by whom.
     */
    by: PersonId.optional(),
    cause: ErasedBecause.optional(),
    /** Whose the login is from now on, without being anybody's in between. */
    passedTo: PersonId.optional(),
    causeInPlain: z.string().optional(),
  },
  // Nobody’s registration gave way.
  upcasts: { 1: onceInPlain('cause'), 2: (data) => data },
});

export const RoleGranted = event('RoleGranted', {
  ...kept,
  description: 'The person was given a role, for ever or until a time.',
  data: { ...person, role: GrantableRole, by: PersonId, until: Instant.optional() },
});
export const RoleWithdrawn = event('RoleWithdrawn', {
  ...kept,
  description: 'A role of the person was taken back.',
  data: { ...person, role: GrantableRole, by: PersonId },
});

export const TotpEnrolled = event('TotpEnrolled', {
  ...kept,
  description: 'An app of the person has a secret, which does not count before a code of it has come.',
  data: { ...person, secret: verifierText(ofPerson) },
});
export const TotpConfirmed = event('TotpConfirmed', {
  ...kept,
  description: 'The first code of the app has come: from now on it is asked for.',
  data: { ...person, step: Step, ...told },
});
export const TotpUsed = event('TotpUsed', {
  ...kept,
  description: 'A code of the app was taken; none of its step or before it is taken again.',
  data: { ...person, step: Step },
});
export const TotpRemoved = event('TotpRemoved', {
  ...kept,
  description: 'No code of an app is asked for any more.',
  data: { ...person, ...told },
});
export const PasskeyAdded = event('PasskeyAdded', {
  ...kept,
  description: 'The person has another passkey.',
  data: { ...person, passkey: PasskeyId, credential: verifierText(ofPerson), counter: Counter, ...told },
});
export const PasskeyUsed = event('PasskeyUsed', {
  ...kept,
  description: 'A passkey was used, by its counter; zero where it does not count.',
  data: { ...person, passkey: PasskeyId, counter: Counter },
});
export const PasskeyRemoved = event('PasskeyRemoved', {
  ...kept,
  description: 'A passkey is none any more.',
  data: { ...person, passkey: PasskeyId, ...told },
});
export const RecoveryCodesMade = event('RecoveryCodesMade', {
  ...kept,
  description: 'The person has recovery codes; those of before are void.',
  data: {
    ...person,
    codes: verifierText(ofPerson),
    count: Codes,
    /** There were none before: nothing is void by them. Left out in events of before anybody said so. */
    first: z.literal(true).optional(),
    ...told,
  },
});
export const RecoveryCodeUsed = event('RecoveryCodeUsed', {
  ...kept,
  description: 'One of the recovery codes is struck out, by its place among them.',
  data: { ...person, nth: z.int().min(0).max(19) },
});

export const FactorsReset = event('FactorsReset', {
  ...kept,
  description:
    'An administrator has taken all second factors and recovery codes of the person away, who had lost them.',
  data: {
    ...{ ...person, by: PersonId, ...told },
    cause: personalText({ ...ofPerson, and: ['admin'] }),
  },
});

export const events = [
  AccountRegistered,
  AccountRefused,
  EmailVerified,
  VerificationAsked,
  RegistrationReplaced,
  RegistrationAttempted,
  PasswordResetAsked,
  VerifierChanged,
  EmailChangeAsked,
  EmailChanged,
  EmailChangeRefused,
  LockedOut,
  AccountLocked,
  AccountUnlocked,
  AccountClosed,
  PersonErased,
  RoleGranted,
  RoleWithdrawn,
  TotpEnrolled,
  TotpConfirmed,
  TotpUsed,
  TotpRemoved,
  PasskeyAdded,
  PasskeyUsed,
  PasskeyRemoved,
  RecoveryCodesMade,
  RecoveryCodeUsed,
  FactorsReset,
] as const;
