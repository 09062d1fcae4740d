import cors from 'cors';
import type { RequestHandler } from 'express';
import type { Config } from '#config';
import { isSameHost } from '#read-api/transport/handshake.ts';

/** Whether a page of this origin may read what we answer, and open sockets; `host` is the one that it has asked. */
export type AllowedOrigin = (origin: string, host?: string) => boolean;

/** As often as a browser asks again whether it may, in seconds; more than this the common ones do not keep. */
const PREFLIGHT_SECONDS = 7_200;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

const READ = ['Accept', 'Authorization', 'Content-Type', 'Idempotency-Key', 'Last-Event-ID', 'X-Request-Id'];
/**
 * What libraries of pages add to each request, and nobody reads here: traces (W3C, Sentry), and what keeps other servers from being asked by
 * forms of other origins. A browser sends nothing at all where one of them is not allowed.
 */
const SENT_BY_ITSELF = [
  ...['Traceparent', 'Tracestate', 'Baggage', 'Sentry-Trace'],
  ...['Apollo-Require-Preflight', 'X-Requested-With'],
];

/** One place under its other names, where it is this machine that is meant. */
function namesOf(url: string): readonly string[] {
  const { hostname, origin } = new URL(url);
  if (!LOOPBACK.includes(hostname)) return [origin];
  return LOOPBACK.map((name) => Object.assign(new URL(url), { hostname: name }).origin);
}

/**
 * The origins whose pages are served: our own and those that are allowed by name.
 *
 * @param publicUrl asked for each request, since the port may be chosen late
 */
export function allowedOrigins(config: Config, publicUrl: () => string): AllowedOrigin {
  return (origin, host) => {
    if (config.allowedOrigins.includes(origin)) return true;
    // An address that was set is meant as it is, whatever host a request names: a name that others point at us is not ours.
    if (config.publicUrl !== undefined) return origin === publicUrl();
    // One that was not has every name of this machine, and whichever it is reached by.
    return namesOf(publicUrl()).includes(origin) || isSameHost(origin, host);
  };
}

/**
 * The same list, and besides it the pages of `/docs` where they are served by an address of their own: whoever has opened them tries commands
 * at `PUBLIC_URL` by them. They may read answers; sockets and the provider of tokens are for the list alone.
 *
 * @param docsUrls the ports that have them, as they are reached from this machine; asked for each request, since a port may be chosen late
 */
export const withDocs =
  (allowed: AllowedOrigin, docsUrls: () => readonly (string | undefined)[]): AllowedOrigin =>
  (origin, host) =>
    allowed(origin, host) || docsUrls().some((url) => url !== undefined && namesOf(url).includes(origin));

/**
 * Cross-origin requests (CORS) by that list: preflights are answered, answers may be read, and every other origin gets no
 * word of it. Never with credentials: who asks is told by a bearer token alone, which no browser sends by itself.
 */
export function crossOrigin(allowed: AllowedOrigin): RequestHandler {
  const answer = cors({
    origin: (origin, answered) => answered(null, origin !== undefined && allowed(origin)),
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: [...READ, ...SENT_BY_ITSELF],
    exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    maxAge: PREFLIGHT_SECONDS,
    optionsSuccessStatus: 204,
  });
  return (request, response, next) => {
    // Also where the answer is no: a cache must not hand it to an origin that may.
    response.vary('Origin');
    answer(request, response, next);
  };
}
