import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, event, preconditionOf, type RejectionOf, rejection } from '../../kernel/message.ts';
import { personalInput, personalText } from '../../kernel/personal.ts';
import { stream } from '../../kernel/stream.ts';
import { someText } from '../../kernel/text.ts';
import { AccountNotActive, AccountUnknown } from '../account/rejections.ts';
import { ClientId, GrantId, SessionId } from '../ids.ts';

// Streams `sessions-<person>`: where somebody is signed in. This is the permanent storage format.

const whose = { person: PersonId };
const ofPerson = { of: 'person' } as const;

/** Of one person at a time: the oldest makes room. */
export const MOST_SESSIONS = 50;

export const SessionEnd = z
  .enum([
    'ended',
    'all_ended',
    'crowded_out',
    'locked',
    'closed',
    'erased',
    'password_changed',
    'revoked',
    'factors_reset',
  ])
  .meta({
    id: 'SessionEnd',
    description:
      'Why a session is over: by its person, alone or with all others; to make room; because the account may not come in; because the password is another; by the door; because the house has taken the second factors away.',
  });
export type SessionEnd = z.output<typeof SessionEnd>;

export const SessionOpened = event('SessionOpened', {
  version: 2,
  published: false,
  description: 'Somebody has signed in, by a system, from an address.',
  data: {
    ...whose,
    session: SessionId,
    client: ClientId,
    address: personalText(ofPerson).optional(),
    browser: personalText(ofPerson).optional(),
    expiresAt: Instant,
  },
  // Nobody asked by which browser.
  upcasts: { 1: (data) => data },
});
export const SessionsEnded = event('SessionsEnded', {
  version: 1,
  published: false,
  description: 'Sessions of a person are over before their time.',
  data: { ...whose, sessions: z.array(SessionId).max(MOST_SESSIONS), why: SessionEnd },
});
export const SystemLeft = event('SystemLeft', {
  version: 1,
  published: false,
  description: 'A system has given back its tokens in a session, which goes on for others.',
  data: { ...whose, session: SessionId, client: ClientId, grant: GrantId },
});

export const SessionUnknown = rejection('session_unknown', {
  message: 'You have no such session that is open.',
  status: 404,
});

/** The streams of sessions: a person has one. */
export const sessionsStream = stream('sessions', ({ person }: { person: PersonId }) => person);

const own = {
  // Also who has no role yet, because nobody knows that they can be reached.
  from: 'member',
  stream: (_: object, { id }: { id: PersonId }) => sessionsStream({ person: id }),
} as const;

export const SignInOutdated = rejection('sign_in_outdated', {
  message: 'The password was changed since you have given it. Sign in again.',
});

export type SessionPrecondition = {
  readonly refusal?: RejectionOf<typeof AccountUnknown | typeof AccountNotActive | typeof SignInOutdated>;
};

export const OpenSession = command('OpenSession', {
  description: 'Records that a person has signed in. The door has checked who they are.',
  from: 'internal',
  data: {
    ...whose,
    session: SessionId,
    client: ClientId,
    address: personalInput(someText(64), ofPerson).optional(),
    browser: personalInput(someText(64), ofPerson).optional(),
    expiresAt: Instant,
    /** When they have proven who they are: not by a password that is none any more. */
    provenAt: Instant,
  },
  stream: sessionsStream,
  rejections: [AccountUnknown, AccountNotActive, SignInOutdated],
  precondition: preconditionOf<SessionPrecondition>(),
});
export const EndSession = command('EndSession', {
  ...own,
  description: 'Signs you out where you are signed in by this session.',
  data: { session: SessionId },
  rejections: [SessionUnknown],
});
export const EndAllSessions = command('EndAllSessions', {
  ...own,
  description: 'Signs you out everywhere, here too.',
  data: { everywhere: z.literal(true) },
});
export const EndSessions = command('EndSessions', {
  description: 'Ends sessions of a person: the one that is named, or all.',
  from: 'internal',
  data: { ...whose, session: SessionId.optional(), why: SessionEnd },
  stream: sessionsStream,
});
export const LeaveSession = command('LeaveSession', {
  description:
    'Records that a system has given back a token of its own: with it goes all that came of the same leave.',
  from: 'internal',
  data: { ...whose, session: SessionId, client: ClientId, grant: GrantId },
  stream: sessionsStream,
});

export const events = [SessionOpened, SessionsEnded, SystemLeft] as const;
export const commands = [OpenSession, EndSession, EndAllSessions, EndSessions, LeaveSession] as const;
