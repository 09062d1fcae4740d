import { AccountRefused, PersonErased, RegisterAccount } from '#domain/accounts/account/messages.ts';
import { LoginTaken, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** Whoever has a login gets an account; a login of whoever has another account, or was erased, is let go. */
export const registration = reaction({
  name: 'registration',
  on: (when) => [
    when(LoginTaken, ({ data }) => [{ command: RegisterAccount(data) }]),
    when(AccountRefused, PersonErased, ({ data: { login, person } }) => [
      { command: ReleaseLogin({ login, person }) },
    ]),
  ],
  key: ({ data }) => data.login,
});
