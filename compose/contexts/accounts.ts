import { account } from '#domain/accounts/account/decider.ts';
import { client } from '#domain/accounts/client/decider.ts';
import { accounts as messages } from '#domain/accounts/context.ts';
import { login } from '#domain/accounts/login/decider.ts';
import { profile } from '#domain/accounts/profile/decider.ts';
import { sessions } from '#domain/accounts/sessions/decider.ts';
import { forget } from '#domain/kernel/decider.ts';
import { changeEmail } from '#domain/workflows/change-email.ts';
import { expireRegistration } from '#domain/workflows/expire-registration.ts';
import { leave } from '#domain/workflows/leave.ts';
import { openSession } from '#domain/workflows/open-session.ts';
import { ownProfile } from '#domain/workflows/own-profile.ts';
import { register } from '#domain/workflows/register.ts';
import { accountsView } from '#projections/accounts/accounts.ts';
import { clientsView } from '#projections/accounts/clients.ts';
import { profilesView } from '#projections/accounts/profiles.ts';
import { sessionsView } from '#projections/accounts/sessions.ts';
import { accountOperations } from '#read-api/accounts/operations.ts';
import { emailChange } from '#sagas/accounts/email-change.ts';
import { leaving } from '#sagas/accounts/leaving.ts';
import { accountMails } from '#sagas/accounts/mails.ts';
import { registration } from '#sagas/accounts/registration.ts';
import { registrationExpiry } from '#sagas/accounts/registration-expiry.ts';
import { signingOut } from '#sagas/accounts/signing-out.ts';
import type { Manifest } from './manifest.ts';

export const accounts: Manifest = {
  messages,
  deciders: [forget(account), forget(login), forget(profile), forget(sessions), forget(client)],
  workflows: [register, ...changeEmail, ...leave, expireRegistration, openSession, ...ownProfile],
  views: [accountsView, profilesView, sessionsView, clientsView],
  reactions: [registration, emailChange, signingOut, leaving],
  sagas: [registrationExpiry],
  mails: accountMails,
  operations: accountOperations,
};
