import {
  AccountLocked,
  AccountRegistered,
  AccountUnlocked,
  EmailChangeAsked,
  EmailVerified,
  ExpireRegistration,
  PasswordResetAsked,
  PersonErased,
  RegistrationReplaced,
  VerificationAsked,
} from '#domain/accounts/account/messages.ts';
import { UNPROVEN_MS, unprovenUntil } from '#domain/accounts/account/unproven.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import { saga } from '#domain/kernel/saga.ts';
import { over } from '../expiry.ts';

interface Unproven {
  readonly person: PersonId;
  /** As the account itself reckons it. */
  readonly until: Instant;
}
type Waiting = Unproven | null;

/**
 * Ends an account whose address nobody has proven when its time is over; whatever gives it time sets that anew. The account judges again:
 * a proof that is recorded first keeps it, and so does time that was given meanwhile. What the house has locked waits until it lets them in
 * again. Whoever registered before there was a saga for it is met as it reads the history for the first time, and ends then if it is time.
 */
export const registrationExpiry = saga({
  name: 'registration-expiry',
  version: 1,
  initial: null as Waiting,
  on: (when) => [
    when(
      AccountRegistered,
      RegistrationReplaced,
      AccountUnlocked,
      VerificationAsked,
      PasswordResetAsked,
      EmailChangeAsked,
      (state, { type, data: { person }, metadata: { occurredAt } }) => {
        const until = unprovenUntil(state?.until ?? occurredAt, type, occurredAt);
        return { state: { person, until }, timers: [{ name: 'expiry', at: until }] };
      },
    ),
    when(AccountLocked, (state) => (state === null ? undefined : { state, cancels: ['expiry'] })),
    when(EmailVerified, PersonErased, over),
  ],
  id: ({ data }) => data.person,
  answers: {
    // What is still theirs keeps them, and is asked about again.
    expire: (state, { outcome }, now) =>
      outcome === 'accepted' || state === null
        ? undefined
        : { state, timers: [{ name: 'expiry', at: later(now, UNPROVEN_MS) }] },
  },
  timers: {
    expiry: (state) =>
      state === null
        ? undefined
        : { state, sends: [{ command: ExpireRegistration(state), purpose: 'expire' }] },
  },
});
