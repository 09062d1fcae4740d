import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import { invalid, RejectedError } from '#domain/kernel/rejections.ts';
import type { Browsers } from '../sign-ins.ts';
import { languageOf } from './languages.ts';
import { CALLBACK_PATH, OWN_CLIENT } from './own-client.ts';
import { placedAt, type TokenProvider } from './provider.ts';
import { sessionOf } from './sessions.ts';
import { lifetimes, type ProviderOptions } from './surroundings.ts';

/** Where a browser is sent back to, and by what it is known that it was sent from here. */
const Sent = z.object({ state: z.string(), backTo: z.string(), endsAtMs: z.number() });
const MOST_PATH = 1_000;

/** Whether this leads to us and nowhere else, whatever a browser makes of it. */
export const isOwnPath = (path: string, publicUrl: string): boolean =>
  path.length <= MOST_PATH &&
  /^\/(?![/\\])[^\\\s]*$/.test(path) &&
  URL.parse(path, publicUrl)?.origin === new URL(publicUrl).origin;

export interface OwnPages extends Browsers {
  /** Takes a browser in that comes back from signing in. */
  callback(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

function goTo(response: ServerResponse, location: string): void {
  response.statusCode = 303;
  response.setHeader('Location', location);
  response.setHeader('Content-Length', '0');
  response.end();
}

/** What a browser is given on its way out, and brings back once. */
function noting(provider: TokenProvider, options: ProviderOptions) {
  const { publicUrl, sealing, clock } = options;
  const isTls = publicUrl.startsWith('https:');
  const cookie = isTls ? '__Host-annals_to' : 'annals_to';
  const nowMs = (): number => millisecondsOf(clock.now());

  function contextOf(request: IncomingMessage, response: ServerResponse) {
    placedAt(request, options);
    const now = provider.now();
    return { now, context: now.createContext(request, response) };
  }

  function setCookie(response: ServerResponse, name: string, value: string, seconds: number): void {
    const said = `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${isTls ? '; Secure' : ''}`;
    response.appendHeader('Set-Cookie', said);
  }

  /** What was noted when the browser was sent; once. */
  async function sent(request: IncomingMessage, response: ServerResponse) {
    const { context } = contextOf(request, response);
    const value = context.cookies.get(cookie, { signed: false });
    if (value === undefined) return undefined;
    setCookie(response, cookie, '', 0);
    const text = await sealing.open(new TextEncoder().encode(value));
    const noted = text === undefined ? undefined : Sent.safeParse(JSON.parse(text));
    return noted?.success && noted.data.endsAtMs > nowMs() ? noted.data : undefined;
  }

  async function note(response: ServerResponse, state: string, backTo: string): Promise<void> {
    const endsAtMs = nowMs() + lifetimes.interaction * 1_000;
    const noted = await sealing.seal(JSON.stringify({ state, backTo, endsAtMs }));
    setCookie(response, cookie, noted, lifetimes.interaction);
  }
  return { contextOf, note, sent };
}

/** The pages of people's own accounts, as a system that people come in by. */
export function browsers(provider: TokenProvider, options: ProviderOptions): OwnPages {
  const { publicUrl, randomBytes, pages } = options;
  const { contextOf, note, sent } = noting(provider, options);
  const random = (): string => Buffer.from(randomBytes(32)).toString('base64url');

  async function sessionIn(request: IncomingMessage, response: ServerResponse) {
    const { now, context } = contextOf(request, response);
    const session = await now.Session.get(context as never);
    return session.accountId === undefined ? undefined : { session, person: session.accountId };
  }

  return {
    async who(request, response) {
      const found = await sessionIn(request, response);
      if (found === undefined) return undefined;
      const { session, person } = found;
      const steppedUp = session.acr === STEPPED_UP && !session.past(lifetimes.steppedUp);
      return { person, session: sessionOf(session.uid), steppedUp };
    },
    async signIn(_request, response, { backTo, stepUp = false }) {
      if (!isOwnPath(backTo, publicUrl)) throw new TypeError(`${backTo.slice(0, 100)} is no path of ours`);
      const state = random();
      await note(response, state, backTo);
      const url = new URL(`${provider.issuer}/auth`);
      // Nobody ever exchanges the code: that the browser is signed in is all that was wanted.
      const challenge = createHash('sha256').update(random()).digest('base64url');
      url.search = new URLSearchParams({
        ...{ client_id: OWN_CLIENT, response_type: 'code', scope: 'openid', state },
        ...{ redirect_uri: `${publicUrl}${CALLBACK_PATH}` },
        ...{ code_challenge: challenge, code_challenge_method: 'S256' },
        ...(stepUp && { acr_values: STEPPED_UP }),
      }).toString();
      goTo(response, url.href);
    },
    async signOut(request, response, backTo) {
      if (!isOwnPath(backTo, publicUrl)) throw new TypeError(`${backTo.slice(0, 100)} is no path of ours`);
      const found = await sessionIn(request, response);
      if (found !== undefined)
        await provider.sessions.end({ person: found.person, uid: found.session.uid }, 'ended');
      const { now, context } = contextOf(request, response);
      context.cookies.set(now.cookieName('session'), null, { path: '/', signed: true, httpOnly: true });
      goTo(response, backTo);
    },
    async callback(request, response) {
      const noted = await sent(request, response);
      const { searchParams } = new URL(request.url ?? '/', publicUrl);
      const isOurs = noted !== undefined && searchParams.get('state') === noted.state;
      if (!isOurs) {
        const message = 'no sign-in of this browser is under way';
        throw new RejectedError(invalid([{ path: ['state'], message }]));
      }
      const code = searchParams.get('error');
      if (code === null) {
        goTo(response, noted.backTo);
        return;
      }
      for (const [name, value] of Object.entries(pages.headers())) response.setHeader(name, value);
      response.statusCode = 400;
      const description = undefined;
      response.end(pages.problem({ language: languageOf(request), code: code.slice(0, 100), description }));
    },
  };
}
