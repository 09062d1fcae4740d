import {
  AccountClosed,
  AccountLocked,
  FactorsReset,
  PersonErased,
  RegistrationReplaced,
  VerifierChanged,
} from '#domain/accounts/account/messages.ts';
import { EndSessions } from '#domain/accounts/sessions/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** Whoever may not come in any more is signed out everywhere, and so is whoever has another password, or no second factor any more by the house. */
export const signingOut = reaction({
  name: 'signing-out',
  on: (when) => [
    when(AccountLocked, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'locked' }) }]),
    when(AccountClosed, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'closed' }) }]),
    when(PersonErased, ({ data: { person } }) => [{ command: EndSessions({ person, why: 'erased' }) }]),
    when(FactorsReset, ({ data: { person } }) => [
      { command: EndSessions({ person, why: 'factors_reset' }) },
    ]),
    when(RegistrationReplaced, ({ data: { person } }) => [
      { command: EndSessions({ person, why: 'password_changed' }) },
    ]),
    when(VerifierChanged, ({ data: { person, by } }) =>
      by === 'rehash' ? [] : [{ command: EndSessions({ person, why: 'password_changed' }) }],
    ),
  ],
  key: ({ data }) => data.person,
});
