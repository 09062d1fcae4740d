import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Rejection } from '#domain/kernel/message.ts';
import { Invalid, NotFound } from '#domain/kernel/rejections.ts';

/** A no to an upgrade, as HTTP says it. */
export interface Refusal {
  readonly rejection: Rejection;
  /** Where it is another than the code's. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether the pages of an origin may open sockets to the host that they name. */
export type AllowedOrigin = (origin: string, host: string | undefined) => boolean;

/** Whether a page comes from the very host it speaks to, as far as that can be told from what the client says of both. */
export const isSameHost: AllowedOrigin = (origin, host) =>
  URL.canParse(origin) && new URL(origin).host === URL.parse(`http://${host}`)?.host;

function refusal(path: string, problem: string, over: Omit<Refusal, 'rejection'> = {}): Refusal {
  return { rejection: Invalid({ issues: [{ path, problem }] }), ...over };
}

/** What sends no origin is no browser, and bound by no rule of theirs. */
const mayCome = ({ origin, host }: IncomingHttpHeaders, isAllowed: AllowedOrigin): boolean =>
  origin === undefined || isAllowed(origin, host);

/**
 * Why a request cannot become a socket (RFC 6455, 4.2); undefined when it may. The port lets none come here but of HTTP/1.1, to
 * one well-formed host, by a path; its key is left to the library.
 */
export function handshakeRefusal(
  request: IncomingMessage,
  isAllowed: AllowedOrigin = isSameHost,
): Refusal | undefined {
  const { headers, method, url = '' } = request;
  if (url.split('?')[0] !== '/graphql') return { rejection: NotFound({ what: 'path' }) };
  if (method !== 'GET')
    return refusal('', 'a socket begins with GET', { status: 405, headers: { Allow: 'GET, POST' } });
  if (headers['sec-websocket-version'] !== '13')
    return refusal('Sec-WebSocket-Version', 'the version spoken here is 13', {
      status: 426,
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
    });
  if (!mayCome(headers, isAllowed))
    return refusal('Origin', 'pages of this origin may not open sockets', { status: 403 });
  return undefined;
}
