import { z } from 'zod';
import {
  AccountNotActive,
  AccountUnknown,
  EmailNotVerified,
  EmailUnchanged,
  FactorUnknown,
  PasswordReplaced,
  SecondFactorNeeded,
  TooManyLetters,
  TooManyPasskeys,
} from '#domain/accounts/account/messages.ts';
import {
  AddressUnusable,
  InvalidCode,
  InvalidCredentials,
  LinkVoid,
  PasswordRefused,
  SignedInElsewhere,
} from '#domain/accounts/door/messages.ts';
import { PasskeyId } from '#domain/accounts/ids.ts';
import { LoginInUse } from '#domain/accounts/login/messages.ts';
import { PaymentId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import type { RejectionDeclaration } from '#domain/kernel/message.ts';
import { Language } from '#domain/kernel/ports/mail.ts';
import {
  Erased,
  RateLimited,
  StepUpRequired,
  TooManyAttempts,
  Unauthenticated,
} from '#domain/kernel/rejections.ts';
import type { ServedOperation } from '../../rest/openapi/served.ts';

// The door over HTTP: what each operation takes and answers. Who may bid, and everything else that is a command, is not here.

/** Texts are bounded before anybody looks at them; what a password, an address or a code may be the door says. */
const Password = z.string().min(1).max(2_048);
const Email = z.string().min(1).max(320);
const Token = z.string().min(1).max(200);
const Code = z.string().min(1).max(64);
/** As the browser's `credential.toJSON()` has it; the door reads it. */
const Credential = z
  .record(z.string(), z.json())
  .meta({ description: '`credential.toJSON()` of the browser.' });

export const bodies = {
  Registration: z.strictObject({
    email: Email,
    password: Password,
    /** In which mails are written; else what the request prefers. */
    language: Language.optional(),
    /** What the payment provider calls the card or account; nothing else of it comes here. */
    paymentMeans: PaymentId.optional(),
  }),
  LinkFollowed: z.strictObject({ token: Token, password: Password }),
  ResetAsked: z.strictObject({ email: Email }),
  PasswordReset: z.strictObject({ token: Token, password: Password }),
  PasswordChange: z.strictObject({ old: Password, password: Password }),
  EmailChange: z.strictObject({ email: Email, password: Password }),
  CodeGiven: z.strictObject({ code: Code }),
  PasskeyMade: z.strictObject({ credential: Credential }),
} as const;
export type BodyName = keyof typeof bodies;

const Standing = z.object({
  email: Email,
  emailVerified: z.boolean(),
  nextEmail: Email.optional().meta({ description: 'Waits for the link in the mail to it to be followed.' }),
  totp: z.boolean(),
  passkeys: z.array(z.object({ passkey: PasskeyId, addedAt: Instant })).max(10),
  recoveryCodesLeft: z.int().min(0).max(20),
  lockedOutUntil: Instant.optional(),
});
const TotpSecret = z.object({ secret: z.string(), uri: z.string() });
const PasskeyOffer = z
  .record(z.string(), z.json())
  .meta({ description: '`PublicKeyCredentialCreationOptionsJSON` (WebAuthn level 3).' });
const FactorAdded = z.object({
  codes: z.array(z.string()).max(20).meta({
    description: 'Recovery codes, which come with the first second factor and are told this once; else none.',
  }),
});
const RecoveryCodes = z.object({ codes: z.array(z.string()).max(20) });
const Exported = z.object({
  person: z.string(),
  madeAt: Instant,
  about: z.string(),
  events: z.array(
    z.object({
      ...{ stream: z.string(), type: z.string(), recordedAt: Instant, by: z.string() },
      from: z.string().optional(),
      data: z.record(z.string(), z.json()),
    }),
  ),
});

type Needs = 'nothing' | 'token' | 'stepUp';
interface AccountOperation extends ServedOperation {
  readonly needs: Needs;
  readonly rejections: readonly RejectionDeclaration[];
}

const quiet = [TooManyAttempts, RateLimited];
const signedIn = [Unauthenticated, AccountUnknown, AccountNotActive, Erased, RateLimited];
const withPassword = [InvalidCredentials, TooManyAttempts];

/** What is served, by the function of the door that does it. */
type Named =
  | 'register'
  | 'verifyEmail'
  | 'askReset'
  | 'reset'
  | 'changePassword'
  | 'askEmailChange'
  | 'changeEmail';
type Others =
  | 'sendVerification'
  | 'standing'
  | 'exportOf'
  | 'enrolTotp'
  | 'confirmTotp'
  | 'removeTotp'
  | 'passkeyOffer'
  | 'addPasskey'
  | 'removePasskey'
  | 'makeRecoveryCodes';
export type DoorOperation = Named | Others;

const body = <const Name extends BodyName>(name: Name) => ({ name, schema: bodies[name] });
const done = (description: string) => ({ status: 204, description }) as const;
const factorAdded = (description: string) =>
  ({ status: 200, description, name: 'FactorAdded', schema: FactorAdded }) as const;
const asked = (description: string) => ({ status: 202, description }) as const;

function operation(
  needs: Needs,
  served: Omit<ServedOperation, 'tag' | 'bearer' | 'rejections'>,
  rejections: readonly RejectionDeclaration[],
): AccountOperation {
  const isAnybodys = needs === 'nothing';
  const more = [
    ...(isAnybodys ? quiet : signedIn),
    ...(needs === 'stepUp' ? [StepUpRequired] : []),
    // What is recorded here is shown to its person whoever issues their tokens.
    ...(served.method === 'get' ? [] : [SignedInElsewhere]),
  ];
  const all = [...new Set([...more, ...rejections])];
  return { ...served, needs, tag: 'accounts', bearer: !isAnybodys, rejections: all } as AccountOperation;
}

const ANYBODY: Readonly<Record<Named, AccountOperation>> = {
  register: operation(
    'nothing',
    {
      ...{ path: '/accounts/registrations', method: 'post', operationId: 'RegisterByPassword' },
      summary:
        'Registers you. Whoever has the address is written to, whether it was known or not, and nobody else learns which. Where nobody has shown that it is theirs, who registers last is taken.',
      ...{ body: body('Registration'), answer: asked('Look for our mail.') },
    },
    [PasswordRefused, AddressUnusable],
  ),
  verifyEmail: operation(
    'nothing',
    {
      ...{ path: '/accounts/email-verifications', method: 'post', operationId: 'FollowVerification' },
      summary:
        'Shows that an address is yours, by the token of the link in our mail and the password that you chose. Whoever does not know it asks for another one, which shows it, too.',
      ...{ body: body('LinkFollowed'), answer: done('It is.') },
    },
    [LinkVoid, ...withPassword],
  ),
  askReset: operation(
    'nothing',
    {
      ...{ path: '/accounts/password-resets', method: 'post', operationId: 'AskForReset' },
      summary:
        'Asks for another password. Where there is an account, a mail goes to its address; nobody else learns whether.',
      ...{ body: body('ResetAsked'), answer: asked('Look for our mail.') },
    },
    [AddressUnusable],
  ),
  reset: operation(
    'nothing',
    {
      ...{ path: '/accounts/password-resets/confirm', method: 'post', operationId: 'ResetPassword' },
      summary:
        'Chooses another password by the token of the link in our mail, once. It signs you out everywhere.',
      ...{ body: body('PasswordReset'), answer: done('The password is another.') },
    },
    [LinkVoid, PasswordRefused, SecondFactorNeeded],
  ),
  changeEmail: operation(
    'nothing',
    {
      ...{ path: '/accounts/email-changes', method: 'post', operationId: 'FollowEmailChange' },
      summary: 'Uses another address, by the token of the link in our mail to it, and the password.',
      ...{ body: body('LinkFollowed'), answer: done('The account has the address.') },
    },
    [LinkVoid, LoginInUse, ...withPassword],
  ),
  changePassword: operation(
    'token',
    {
      ...{ path: '/accounts/me/password', method: 'post', operationId: 'ChangePassword' },
      summary: 'Chooses another password; the old one is needed. It signs you out everywhere.',
      ...{ body: body('PasswordChange'), answer: done('The password is another.') },
    },
    [...withPassword, PasswordRefused, PasswordReplaced, SecondFactorNeeded],
  ),
  askEmailChange: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/email', method: 'post', operationId: 'AskForEmailChange' },
      summary:
        'Asks for another address, by a link in a mail to it; the password is needed. Only where you have shown that the one of now is yours: else register with the other one.',
      ...{ body: body('EmailChange'), answer: asked('Look for our mail there.') },
    },
    [...withPassword, AddressUnusable, EmailNotVerified, EmailUnchanged, TooManyLetters],
  ),
};

const OWN: Readonly<Record<Others, AccountOperation>> = {
  standing: operation(
    'token',
    {
      ...{ path: '/accounts/me', method: 'get', operationId: 'AccountStanding' },
      summary: 'How you come in.',
      answer: { status: 200, description: 'Your account.', name: 'AccountStanding', schema: Standing },
    },
    [],
  ),
  exportOf: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/export', method: 'get', operationId: 'ExportAccount' },
      summary: 'All that is recorded about you, as one document. It says itself what is in it.',
      answer: { status: 200, description: 'All of it.', name: 'AccountExport', schema: Exported },
    },
    [TooManyAttempts],
  ),
  sendVerification: operation(
    'token',
    {
      ...{ path: '/accounts/me/email-verifications', method: 'post', operationId: 'SendVerification' },
      summary: 'Has the mail sent once more by which you show that your address is yours.',
      answer: asked('Look for our mail.'),
    },
    [TooManyLetters],
  ),
  enrolTotp: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/totp', method: 'post', operationId: 'EnrolTotp' },
      summary: 'A secret for an app that makes codes (RFC 6238). It counts when a code of it has come.',
      answer: { status: 201, description: 'For the app alone.', name: 'TotpSecret', schema: TotpSecret },
    },
    [EmailNotVerified],
  ),
  confirmTotp: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/totp/confirm', method: 'post', operationId: 'ConfirmTotp' },
      summary: 'The first code of an app: from now on one is asked for where you sign in.',
      ...{ body: body('CodeGiven'), answer: factorAdded('It counts.') },
    },
    [InvalidCode, FactorUnknown, TooManyAttempts],
  ),
  removeTotp: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/totp', method: 'delete', operationId: 'RemoveTotp' },
      summary: 'No code of an app is asked for any more.',
      answer: done('None is.'),
    },
    [SecondFactorNeeded],
  ),
  passkeyOffer: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/passkeys/offer', method: 'post', operationId: 'OfferPasskey' },
      summary: 'What your browser is told so that it makes a passkey. It holds for five minutes, and once.',
      answer: { status: 200, description: 'For the browser.', name: 'PasskeyOffer', schema: PasskeyOffer },
    },
    [EmailNotVerified],
  ),
  addPasskey: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/passkeys', method: 'post', operationId: 'AddPasskey' },
      summary: 'Keeps the passkey that your browser has made.',
      ...{ body: body('PasskeyMade'), answer: factorAdded('It opens your account.') },
    },
    [InvalidCode, TooManyPasskeys, EmailNotVerified],
  ),
  removePasskey: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/passkeys/{passkey}', method: 'delete', operationId: 'RemovePasskey' },
      summary: 'Takes a passkey no more.',
      ...{ parameters: { passkey: PasskeyId }, answer: done('It is taken no more.') },
    },
    [SecondFactorNeeded],
  ),
  makeRecoveryCodes: operation(
    'stepUp',
    {
      ...{ path: '/accounts/me/recovery-codes', method: 'post', operationId: 'MakeRecoveryCodes' },
      summary:
        'Codes for the day on which you have no other second factor at hand. They are told once; those of before are void.',
      answer: { status: 201, description: 'Write them down.', name: 'RecoveryCodes', schema: RecoveryCodes },
    },
    [FactorUnknown],
  ),
};

export const operationOf: Readonly<Record<DoorOperation, AccountOperation>> = { ...ANYBODY, ...OWN };
export const accountOperations: readonly ServedOperation[] = Object.values(operationOf);
