import { accountStream, PersonErased } from '#domain/accounts/account/messages.ts';
import { SessionsEnded, sessionsStream } from '#domain/accounts/sessions/messages.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { doubled, pause } from '#runtime/pause.ts';
import type { TokenProvider } from './provider.ts';
import { uidOf } from './sessions.ts';

const LONGEST_PAUSE_MS = 3_000;
const TRIES = 3;
const FIRST_PAUSE_MS = 500;
/** Sessions whose systems are told at once. */
const MOST_AT_ONCE = 16;
/** Whoever did not take what they were told is asked once for each session, and not again, for so long. */
const GIVEN_UP_MS = 60_000;
/** Systems of which it is remembered that they did not. */
const MOST_GIVEN_UP = 1_000;

export interface LogoutOptions {
  /** Of a moment: it may be another one later. */
  readonly provider: () => Pick<TokenProvider, 'now' | 'kept'> | undefined;
  /** Brings a logout token to where a system wants it. @throws Error where it was not taken, or not in time */
  readonly tellBy: (uri: string, logoutToken: string) => Promise<void>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

/** Which systems have just been silent. They are known to no other process, and each finds out by itself. */
function silences(clock: Clock) {
  const until = new Map<string, Instant>();
  return {
    isSilent: (client: string): boolean => (until.get(client) ?? '') > clock.now(),
    heard: (client: string): void => void until.delete(client),
    missed(client: string): void {
      if (until.size >= MOST_GIVEN_UP) until.clear();
      until.set(client, later(clock.now(), GIVEN_UP_MS));
    },
  };
}

/** Does all of it, so much at once. @throws what the first that failed has thrown, when nothing is at work any more */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await work(one);
  };
  const ends = await Promise.allSettled(Array.from({ length: MOST_AT_ONCE }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/**
 * Tells the systems that took part in a session that it is over, whoever has ended it (OpenID Connect Back-Channel Logout): at least
 * once, a few times where they do not answer, and nobody waits for one of them any longer: many sessions are told of at once, and of who
 * has just been silent no answer is waited for twice. Behind that the session is forgotten. What somebody has
 * allowed to systems outlives their sessions, and is forgotten with them where they are erased.
 */
export function logouts({ provider, tellBy, clock, newId, log }: LogoutOptions): Handler {
  const { isSilent, heard, missed } = silences(clock);

  async function tell(person: string, id: string, sid: string, signal: AbortSignal): Promise<void> {
    const now = provider()?.now();
    const client = await now?.Client.find(id);
    const uri = client?.backchannelLogoutUri;
    if (now === undefined || client === undefined || uri === undefined) return;
    for (let tries = 1; !signal.aborted; tries += 1)
      try {
        const token = new now.IdToken({ sub: person }, { client, ctx: undefined as never });
        // Of the person nothing else.
        Object.assign(token, { mask: { sub: null } });
        token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} });
        token.set('jti', newId());
        token.set('sid', sid);
        await tellBy(uri, await token.issue({ use: 'logout' }));
        return heard(id);
      } catch (error) {
        if (tries === TRIES || isSilent(id)) {
          missed(id);
          log.warn({ err: error, client: id }, 'a system was not told that a session is over');
          return;
        }
        await pause(clock, doubled(tries, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
      }
  }

  return {
    name: 'logouts',
    filter: {
      streams: [sessionsStream.prefix, accountStream.prefix],
      types: [SessionsEnded.type, PersonErased.type],
    },
    key: ({ stream }) => stream,
    async handle(events, signal) {
      const kept = provider()?.kept;
      if (kept === undefined) throw new Error('the provider of tokens is not there yet');
      // Their sessions end behind that, and what is of them is forgotten then.
      for (const event of events)
        if (isRecorded(event, PersonErased)) await kept.forgetAllowed(event.data.person);
      const ended = events.flatMap((event) =>
        isRecorded(event, SessionsEnded)
          ? event.data.sessions.map((session) => ({ person: event.data.person, uid: uidOf(session) }))
          : [],
      );
      await eachOf(ended, async ({ person, uid }) => {
        signal.throwIfAborted();
        const told = await kept.participants(uid);
        await Promise.all(told.map(({ client, sid }) => tell(person, client, sid, signal)));
        signal.throwIfAborted();
        await kept.forget(uid);
      });
      return { writes: [], failures: [] };
    },
  };
}
