import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { STEPPED_UP } from '#domain/kernel/ports/tokens.ts';
import type { Browsers, ProviderPages } from '../sign-ins.ts';
import { idsOf, nameFor, namesOf, surplus } from './cookies.ts';
import { languageOf } from './languages.ts';
import { CALLBACK_PATH, OWN_CLIENT } from './own-client.ts';
import { placedAt, type TokenProvider } from './provider.ts';
import { sessionOf, uidOf } from './sessions.ts';
import { STOPPED } from './sign-in-results.ts';
import { isSteppedUp } from './stepped-up.ts';
import { lifetimes, type ProviderOptions } from './surroundings.ts';

/** Where a browser is sent back to, and by what it is known that it was sent from here. */
const Sent = z.object({ state: z.string(), backTo: z.string(), endsAtMs: z.number() });
const MOST_PATH = 1_000;

/** Whether this leads to us and nowhere else, whatever a browser makes of it. */
export const isOwnPath = (path: string, publicUrl: string): boolean =>
  path.length <= MOST_PATH &&
  /^\/(?![/\\])[^\\\s]*$/.test(path) &&
  URL.parse(path, publicUrl)?.origin === new URL(publicUrl).origin;

/** Names of this machine that no proxy has made of another: a browser keeps the cookies of each apart. */
const HERE = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a browser has come by another name of this machine than people are sent to: what is noted under it would not come back. Of other
 * names nobody can tell whether the browser knows them, or a proxy that would ask anew for ever.
 */
function isBesides({ method, headers }: IncomingMessage, publicUrl: string): boolean {
  const [by, to] = [URL.parse(`http://${headers.host}`), new URL(publicUrl)];
  if (by === null || method !== 'GET' || by.port !== to.port || by.hostname === to.hostname) return false;
  return HERE.includes(by.hostname) && HERE.includes(to.hostname);
}

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
  const { to: kind } = namesOf(isTls);
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

  /** What was noted when the browser was sent with this state; once. */
  async function sent(request: IncomingMessage, response: ServerResponse, state: string) {
    if (!idsOf(request, kind).includes(state)) return undefined;
    const { context } = contextOf(request, response);
    const cookie = nameFor(kind, state);
    const value = context.cookies.get(cookie, { signed: false }) ?? '';
    setCookie(response, cookie, '', 0);
    const text = await sealing.open(new TextEncoder().encode(value));
    const noted = text === undefined ? undefined : Sent.safeParse(JSON.parse(text));
    const isTheirs = noted?.success === true && noted.data.state === state && noted.data.endsAtMs > nowMs();
    return isTheirs ? noted.data : undefined;
  }

  async function note(request: IncomingMessage, response: ServerResponse, state: string, backTo: string) {
    for (const old of surplus(idsOf(request, kind))) setCookie(response, nameFor(kind, old), '', 0);
    const endsAtMs = nowMs() + lifetimes.interaction * 1_000;
    const noted = await sealing.seal(JSON.stringify({ state, backTo, endsAtMs }));
    setCookie(response, nameFor(kind, state), noted, lifetimes.interaction);
  }
  return { contextOf, note, sent };
}

/** The session of whoever is signed in by a browser. */
function signedInBy(contextOf: ReturnType<typeof noting>['contextOf']) {
  async function sessionIn(request: IncomingMessage, response: ServerResponse) {
    const { now, context } = contextOf(request, response);
    const session = await now.Session.get(context as never);
    return session.accountId === undefined ? undefined : { session, person: session.accountId };
  }

  const proved: Browsers['proved'] = async (request, response, method) => {
    const { session } = (await sessionIn(request, response)) ?? {};
    if (session === undefined || session.amr?.includes(method)) return;
    Object.assign(session, { amr: [...(session.amr ?? []), method] });
    await session.persist();
  };
  return { sessionIn, proved };
}

/** The pages of people's own accounts, as a system that people come in by. */
export function browsers(provider: TokenProvider, options: ProviderOptions): OwnPages {
  const { publicUrl, randomBytes, pages, known, clock } = options;
  const { contextOf, note, sent } = noting(provider, options);
  const { sessionIn, proved } = signedInBy(contextOf);
  const random = (): string => Buffer.from(randomBytes(32)).toString('base64url');

  /** A sign-in that has come to nothing. Nothing of the address by which they came is shown. */
  async function show(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    why: Parameters<ProviderPages['notSignedIn']>[0]['why'],
    again: string | undefined,
  ): Promise<void> {
    const isSignedIn = (await sessionIn(request, response)) !== undefined;
    for (const [name, value] of Object.entries(pages.headers())) response.setHeader(name, value);
    response.statusCode = status;
    response.end(pages.notSignedIn({ language: languageOf(request), why, again, isSignedIn }));
  }

  return {
    async who(request, response) {
      const found = await sessionIn(request, response);
      if (found === undefined) return undefined;
      const { session, person } = found;
      const { acr, amr, loginTs: authTime } = session;
      await provider.kept.used(session.uid);
      const account = await known.account(person);
      const steppedUp = isSteppedUp({ acr, amr, authTime }, account, millisecondsOf(clock.now()));
      return { person, session: sessionOf(session.uid), steppedUp };
    },
    proved,
    lastUsed: (session) => provider.kept.lastUsed(uidOf(session)),
    async signIn(request, response, { backTo, stepUp = false }) {
      if (!isOwnPath(backTo, publicUrl)) throw new TypeError(`${backTo.slice(0, 100)} is no path of ours`);
      if (isBesides(request, publicUrl)) return goTo(response, `${publicUrl}${backTo}`);
      const state = random();
      await note(request, response, state, backTo);
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
      const { searchParams } = new URL(request.url ?? '/', publicUrl);
      const noted = await sent(request, response, searchParams.get('state') ?? '');
      if (noted === undefined) return show(request, response, 400, 'over', undefined);
      if (searchParams.get('error') === null) return goTo(response, noted.backTo);
      const hasStopped = searchParams.get('error_description') === STOPPED;
      return hasStopped
        ? show(request, response, 200, 'stopped', noted.backTo)
        : show(request, response, 403, 'refused', noted.backTo);
    },
  };
}
