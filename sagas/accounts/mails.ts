import {
  AccountRegistered,
  EmailChangeAsked,
  EmailChanged,
  FactorsReset,
  LockedOut,
  PasskeyAdded,
  PasskeyRemoved,
  PasswordResetAsked,
  RecoveryCodesMade,
  RegistrationAttempted,
  RegistrationReplaced,
  TotpConfirmed,
  TotpRemoved,
  VerificationAsked,
  VerifierChanged,
} from '#domain/accounts/account/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { type AskedMail, type MailTemplate, mail, mailTable } from '#domain/kernel/mails.ts';
import type { PersonalText } from '#domain/kernel/personal.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';
import * as letters from './letters.ts';

interface Told {
  readonly person: PersonId;
  /** Left out in events of before there were mails. */
  readonly email?: PersonalText | undefined;
  readonly language?: Language | undefined;
}
type Telling = MailTemplate<Record<never, never>>;
type Linking = MailTemplate<{ readonly boundTo: string }>;

const told = (of: Telling, { person: to, email: address, language }: Told): AskedMail | undefined =>
  address === undefined ? undefined : mail(of, { to, address, language, data: {} });
const linked = (of: Linking, { person: to, email: address, language }: Told, boundTo: string) =>
  address === undefined ? undefined : mail(of, { to, address, language, data: { boundTo } });

/** What people are written to about their accounts. */
export const accountMails = mailTable('accounts', (when) => [
  when(AccountRegistered, VerificationAsked, ({ data }) => linked(letters.verifyAddress, data, data.login)),
  when(RegistrationReplaced, ({ data }) =>
    data.quiet ? undefined : linked(letters.verifyAddress, data, data.login),
  ),
  when(RegistrationAttempted, ({ data }) => told(letters.registrationAttempted, data)),
  when(PasswordResetAsked, ({ data }) => linked(letters.passwordReset, data, data.since)),
  when(VerifierChanged, ({ data }) =>
    data.by === 'rehash' ? undefined : told(letters.passwordChanged, data),
  ),
  when(EmailChangeAsked, ({ data }) => linked(letters.emailChangeLink, data, data.login)),
  when(EmailChanged, ({ data }) => told(letters.emailChanged, { ...data, email: data.formerEmail })),
  when(LockedOut, ({ data }) => told(letters.lockedOut, data)),
  when(TotpConfirmed, ({ data }) => told(letters.appAdded, data)),
  when(TotpRemoved, ({ data }) => told(letters.appRemoved, data)),
  when(PasskeyAdded, ({ data }) => told(letters.passkeyAdded, data)),
  when(PasskeyRemoved, ({ data }) => told(letters.passkeyRemoved, data)),
  when(FactorsReset, ({ data }) => told(letters.factorsReset, data)),
  when(RecoveryCodesMade, ({ data }) =>
    told(data.first ? letters.firstRecoveryCodes : letters.recoveryCodesMade, data),
  ),
]);
