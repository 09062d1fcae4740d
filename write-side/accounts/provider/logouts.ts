import { accountStream, PersonErased } from '#domain/accounts/account/messages.ts';
import { SessionsEnded, sessionsStream } from '#domain/accounts/sessions/messages.ts';
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

export interface LogoutOptions {
  /** Of a moment: it may be another one later. */
  readonly provider: () => TokenProvider | undefined;
  /** Brings a logout token to where a system wants it. @throws Error where it was not taken, or not in time */
  readonly tellBy: (uri: string, logoutToken: string) => Promise<void>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

/**
 * Tells the systems that took part in a session that it is over, whoever has ended it (OpenID Connect Back-Channel Logout): at least
 * once, a few times where they do not answer, and nobody waits for one of them any longer. Behind that the session is forgotten. What somebody has
 * allowed to systems outlives their sessions, and is forgotten with them where they are erased.
 */
export function logouts({ provider, tellBy, clock, newId, log }: LogoutOptions): Handler {
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
        return await tellBy(uri, await token.issue({ use: 'logout' }));
      } catch (error) {
        if (tries === TRIES) {
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
      for (const event of events) {
        // Their sessions end behind that, and what is of them is forgotten then.
        if (isRecorded(event, PersonErased)) await kept.forgetAllowed(event.data.person);
        if (!isRecorded(event, SessionsEnded)) continue;
        const { person, sessions } = event.data;
        for (const session of sessions) {
          const uid = uidOf(session);
          const told = await kept.participants(uid);
          await Promise.all(told.map(({ client, sid }) => tell(person, client, sid, signal)));
          signal.throwIfAborted();
          await kept.forget(uid);
        }
      }
      return { writes: [], failures: [] };
    },
  };
}
