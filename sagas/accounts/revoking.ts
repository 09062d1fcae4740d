import {
  AccountClosed,
  AccountLocked,
  accountStream,
  PersonErased,
  RoleWithdrawn,
} from '#domain/accounts/account/messages.ts';
import { ClientRemoved, ClientVerifierRotated, clientStream } from '#domain/accounts/client/messages.ts';
import { clientSubject } from '#domain/accounts/ids.ts';
import { SessionsEnded, sessionsStream } from '#domain/accounts/sessions/messages.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { EventFilter } from '#domain/kernel/ports/event-store.ts';
import type { Revoked } from '#domain/kernel/ports/revocations.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';

/** What ends the tokens of one session. Tokens that name a session live for minutes. */
export const endOfSessions: EventFilter = { streams: [sessionsStream.prefix], types: [SessionsEnded.type] };
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
 * they have it. A system comes in by its own id.
 */
export function revokedBy(event: RecordedEvent): readonly Revoked[] {
  if (isRecorded(event, SessionsEnded)) return event.data.sessions.map((session) => ({ session }));
  if (
    isRecorded(event, AccountLocked) ||
    isRecorded(event, AccountClosed) ||
    isRecorded(event, PersonErased) ||
    isRecorded(event, RoleWithdrawn)
  )
    return [{ person: event.data.person }];
  if (isRecorded(event, ClientRemoved) || isRecorded(event, ClientVerifierRotated))
    return [{ person: clientSubject(event.data.client) }];
  return [];
}
