import { decider } from '../../kernel/decider.ts';
import type { Instant } from '../../kernel/instant.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  commands,
  events,
  MOST_SESSIONS,
  type SessionEnd,
  SessionOpened,
  SessionsEnded,
  SessionUnknown,
  SystemLeft,
  sessionsStream,
} from './messages.ts';

interface Session {
  readonly session: string;
  readonly expiresAt: Instant;
}
interface Sessions {
  /** The oldest first; what is past its time goes when the next one comes. */
  readonly open: readonly Session[];
}

const end = (person: string, open: readonly Session[], why: SessionEnd) =>
  open.length === 0 ? [] : [SessionsEnded({ person, sessions: open.map(({ session }) => session), why })];

/** Where one person is signed in. */
export const sessions = decider({
  stream: sessionsStream,
  events,
  commands,
  stateVersion: 1,
  initial: { open: [] } as Sessions,
  evolve({ open }, event, { occurredAt }): Sessions {
    switch (event.type) {
      case 'SessionOpened': {
        const { session, expiresAt } = event.data;
        const living = open.filter((each) => each.expiresAt > occurredAt);
        return { open: [...living, { session, expiresAt }] };
      }
      case 'SessionsEnded':
        return { open: open.filter(({ session }) => !event.data.sessions.includes(session)) };
      // What is open stays open: what the system may do no more is for those who take tokens, for their minutes.
      case 'SystemLeft':
        return { open };
      default:
        return unreachable(event);
    }
  },
  decide: {
    OpenSession(data, { open }, { now, precondition: { refusal } }) {
      if (refusal !== undefined) return refusal;
      if (open.some(({ session }) => session === data.session)) return [];
      const living = open.filter(({ expiresAt }) => expiresAt > now);
      const tooMany = living.slice(0, Math.max(0, living.length + 1 - MOST_SESSIONS));
      const { provenAt: _, ...opened } = data;
      return [...end(data.person, tooMany, 'crowded_out'), SessionOpened(opened)];
    },
    EndSession({ session }, { open }, { actor }) {
      const known = open.filter((each) => each.session === session);
      return known.length === 0 ? SessionUnknown({}) : end(actor.id, known, 'ended');
    },
    EndAllSessions: (_, { open }, { actor }) => end(actor.id, open, 'all_ended'),
    EndSessions: ({ person, session, why }, { open }) =>
      end(person, session === undefined ? open : open.filter((each) => each.session === session), why),
    // Where the session is over, so are its tokens.
    LeaveSession: (left, { open }) =>
      open.some(({ session }) => session === left.session) ? [SystemLeft(left)] : [],
  },
});
