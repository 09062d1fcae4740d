import { AccountRefused, PersonErased, RegisterAccount } from '#domain/accounts/account/messages.ts';
import { LoginTaken, PassLogin, ReleaseLogin } from '#domain/accounts/login/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** Whoever has a login gets an account; a login of whoever has another account, or was erased, is let go, or passed on. */
export const registration = reaction({
  name: 'registration',
  on: (when) => [
    when(LoginTaken, ({ data }) => [{ command: RegisterAccount(data) }]),
    when(AccountRefused, ({ data: { login, person } }) => [{ command: ReleaseLogin({ login, person }) }]),
    when(PersonErased, ({ data: { login, person, passedTo } }) => [
      {
        command:
          passedTo === undefined
            ? ReleaseLogin({ login, person })
            : PassLogin({ login, person, to: passedTo }),
      },
    ]),
  ],
  key: ({ data }) => data.login,
});
