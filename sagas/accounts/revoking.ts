import {
  AccountClosed,
  AccountLocked,
  accountStream,
  PasskeyAdded,
  PersonErased,
  RoleWithdrawn,
  TotpConfirmed,
} from '#domain/accounts/account/messages.ts';
import { ClientRemoved, ClientVerifierRotated, clientStream } from '#domain/accounts/client/messages.ts';
import { clientSubject } from '#domain/accounts/ids.ts';
import { SessionsEnded, SystemLeft, sessionsStream } from '#domain/accounts/sessions/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { EventFilter } from '#domain/kernel/ports/event-store.ts';
import type { Revoked } from '#domain/kernel/ports/revocations.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';

/** What ends tokens of sessions, which live for minutes: all of a session, of one system in it, or what a password alone has proven. */
export const endOfSessions: EventFilter = {
  streams: [sessionsStream.prefix, accountStream.prefix],
  types: [SessionsEnded, SystemLeft, TotpConfirmed, PasskeyAdded].map(({ type }) => type),
};
/** What ends all that somebody was issued before, whoever issued it. */
export const endOfTrust: EventFilter = {
  streams: [accountStream.prefix, clientStream.prefix],
  types: [
    AccountLocked,
    AccountClosed,
    PersonErased,
    RoleWithdrawn,
    ClientRemoved,
    ClientVerifierRotated,
  ].map(({ type }) => type),
};

/**
 * Which tokens are not taken any more once this is recorded. Whoever has lost a role is told so at once: a token from before says that
 * they have it. Whoever has another factor from now on has proven nothing by their password alone. A system comes in by its own id.
 */
export function revokedBy(event: RecordedEvent): readonly Revoked[] {
  if (isRecorded(event, SessionsEnded)) return event.data.sessions.map((session) => ({ session }));
  if (isRecorded(event, SystemLeft)) return [{ grant: event.data.grant }];
  if (
    isRecorded(event, AccountLocked) ||
    isRecorded(event, AccountClosed) ||
    isRecorded(event, PersonErased) ||
    isRecorded(event, RoleWithdrawn)
  )
    return [{ person: event.data.person }];
  if (isRecorded(event, TotpConfirmed) || isRecorded(event, PasskeyAdded))
    return [{ passwordOf: event.data.person }];
  if (isRecorded(event, ClientRemoved))
    return [{ client: event.data.client }, { person: clientSubject(event.data.client) }];
  if (isRecorded(event, ClientVerifierRotated)) return [{ person: clientSubject(event.data.client) }];
  return [];
}
