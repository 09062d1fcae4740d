import { ChangeEmail, EmailChanged, EmailChangeRefused } from '#domain/accounts/account/messages.ts';
import { LoginClaimed, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** A login that was claimed goes on to its account; what it takes the place of, or what no account takes, is let go. */
export const emailChange = reaction({
  name: 'email-change',
  on: (when) => [
    when(LoginClaimed, ({ data }) => [{ command: ChangeEmail(data) }]),
    when(EmailChanged, ({ data: { formerLogin, person } }) => [
      { command: ReleaseLogin({ login: formerLogin, person }) },
    ]),
    when(EmailChangeRefused, ({ data: { login, person } }) => [{ command: ReleaseLogin({ login, person }) }]),
  ],
  key: ({ data }) => data.person,
});
