import type { IncomingMessage } from 'node:http';
import type { Rejection } from '#domain/kernel/message.ts';
import { Invalid, NotFound } from '#domain/kernel/rejections.ts';

/** A no to an upgrade, as HTTP says it. */
export interface Refusal {
  readonly rejection: Rejection;
  /** Where it is another than the code's. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whether the pages of an origin may open sockets. */
export type AllowedOrigin = (origin: string) => boolean;

/** RFC 9110, 7.2 and RFC 3986, 3.2.2: a name or an address, and perhaps a port. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?$/i;

function refusal(path: string, problem: string, over: Omit<Refusal, 'rejection'> = {}): Refusal {
  return { rejection: Invalid({ issues: [{ path, problem }] }), ...over };
}

/** The path of a target in either form (RFC 9112, 3.2): clients of a proxy send the whole address. */
function pathOf(target: string): string | undefined {
  if (target.startsWith('/')) return target.split('?')[0];
  return URL.canParse(target) ? new URL(target).pathname : undefined;
}

/** The one host of a request; undefined when there is none, another one besides, or what is none. */
function hostOf({ headersDistinct: { host = [] } }: IncomingMessage): string | undefined {
  const [only, ...others] = host;
  if (only === undefined || others.length > 0) return undefined;
  return HOST.test(only) && URL.canParse(`http://${only}`) ? only : undefined;
}

/** Pages of the same host may always; what sends no origin is no browser, and bound by no rule of theirs. */
function mayCome(origin: string | undefined, host: string, isAllowed: AllowedOrigin | undefined): boolean {
  if (origin === undefined) return true;
  const isSame = URL.canParse(origin) && new URL(origin).host === new URL(`http://${host}`).host;
  return isSame || isAllowed?.(origin) === true;
}

/** Why a request cannot become a socket (RFC 6455, 4.2); undefined when it may. Its key is left to the library. */
export function handshakeRefusal(
  request: IncomingMessage,
  isAllowed: AllowedOrigin | undefined,
): Refusal | undefined {
  const { headers, httpVersionMajor, httpVersionMinor, method, url = '' } = request;
  if (httpVersionMajor < 1 || httpVersionMinor < 1) return refusal('', 'an upgrade needs HTTP/1.1');
  const host = hostOf(request);
  if (host === undefined) return refusal('Host', 'missing, more than one, or no host');
  if (pathOf(url) !== '/graphql') return { rejection: NotFound({ what: 'path' }) };
  if (method !== 'GET')
    return refusal('', 'a socket begins with GET', { status: 405, headers: { Allow: 'GET, POST' } });
  if (headers['sec-websocket-version'] !== '13')
    return refusal('Sec-WebSocket-Version', 'the version spoken here is 13', {
      status: 426,
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' },
    });
  if (!mayCome(headers.origin, host, isAllowed))
    return refusal('Origin', 'pages of this origin may not open sockets', { status: 403 });
  return undefined;
}
