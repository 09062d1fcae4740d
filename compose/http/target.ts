import type { IncomingMessage } from 'node:http';
import { RefusedRequestError } from '#runtime/refused-request.ts';

// What a request is addressed to, decided once before anybody reads it (RFC 9112, 3.2 and 3.3).

/** The longest target that is looked at, in characters; RFC 9110 recommends at least 8,000. */
const TARGET_LENGTH = 8_192;
/** Of two lines of these, Node keeps the first and forgets the other, and a proxy before us may have judged that one. */
const SINGULAR: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type']);

const ABSOLUTE = /^https?:\/\/([^/?#]*)([^#]*)$/i;
const ORIGIN = /^\/[^#]*$/;
/** `uri-host [ ":" port ]`, which is never empty over HTTP, and has no user in it. */
const AUTHORITY = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{1,5})?$/i;

const isAuthority = (text: string): boolean => AUTHORITY.test(text) && URL.canParse(`http://${text}`);

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}

function twiceIn(rawHeaders: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (!SINGULAR.has(name)) continue;
    if (seen.has(name)) return rawHeaders[at];
    seen.add(name);
  }
  return undefined;
}

/** @throws RefusedRequestError (400) for HTTP/1.1 without a host, and for one that is none; HTTP/1.0 knew no hosts */
function checkHost({ headers: { host }, httpVersion }: IncomingMessage): void {
  if (host === undefined ? httpVersion !== '1.0' : !isAuthority(host))
    throw new RefusedRequestError(400, 'missing, or no host', { path: 'Host' });
}

/**
 * Brings a request to the one form that the rest of the platform knows: `url` begins with `/` (or is `*`, of `OPTIONS`), and the
 * header `Host` names whom it is for. An absolute target is served like any other; what it names wins over the header.
 *
 * @throws RefusedRequestError (400, 414, 505) for a target, a host, or a header said twice, by which the request could mean two things
 */
export function address(request: IncomingMessage): void {
  const { url: target = '', method, headers } = request;
  // Node's parser takes these versions for what they are not: requests of HTTP/1.1.
  if (request.httpVersionMajor !== 1)
    throw new RefusedRequestError(505, 'a version of HTTP that is not spoken here');
  if (target.length > TARGET_LENGTH)
    throw new RefusedRequestError(414, `the target is longer than ${TARGET_LENGTH} characters`);
  const twice = twiceIn(request.rawHeaders);
  if (twice !== undefined) throw new RefusedRequestError(400, 'it stands there twice', { path: twice });
  checkHost(request);
  if (target === '*' && method === 'OPTIONS') return;
  if (!ORIGIN.test(target)) {
    const [, authority = '', rest = ''] = ABSOLUTE.exec(target) ?? [];
    if (!isAuthority(authority)) throw new RefusedRequestError(400, 'not the target of a request');
    headers.host = authority;
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
  }
  const [path = ''] = request.url?.split('?', 1) ?? [];
  if (!isDecodable(path)) throw new RefusedRequestError(400, 'the path is not encoded as in a URI');
}

/** Whether {@link address} can be done, and then it is. */
export function isAddressed(request: IncomingMessage): boolean {
  try {
    address(request);
    return true;
  } catch {
    return false;
  }
}
