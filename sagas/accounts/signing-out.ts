import {
  AccountClosed,
  AccountLocked,
  PersonErased,
  RegistrationReplaced,
  VerifierChanged,
} from '#domain/accounts/account/messages.ts';
import { EndSessions } from '#domain/accounts/sessions/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** Whoever may not come in any more is signed out everywhere, and so is whoever has another password. */
export const signingOut = reaction({
  name: 'signing-out',
  on: (when) => [
    when(AccountLocked, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'locked' }) }]),
    when(AccountClosed, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'closed' }) }]),
    when(PersonErased, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'erased' }) }]),
    when(RegistrationReplaced, ({ data: { person } }) => [
      { command: EndSessions({ person, why: 'password_changed' }) },
    ]),
    when(VerifierChanged, ({ data: { person, by } }) =>
      by === 'rehash' ? [] : [{ command: EndSessions({ person, why: 'password_changed' }) }],
    ),
  ],
  key: ({ data }) => data.person,
});
