import { z } from 'zod';

// Where systems are found. Read as browsers and servers read them: what looks like one host to a pattern may be another to them.

const LONGEST = 450;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** What else URLs allow there, some host may not have, and it would end a word in a header. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/;
/** Without a name before the host, which reads as the host; without a part that no server sees; of printable ASCII. */
const PLAIN = /^[\x21-\x7e]+$/;

function urlOf(text: string): URL | undefined {
  if (!PLAIN.test(text) || /[*#\\]/.test(text)) return undefined;
  const url = URL.parse(text) ?? undefined;
  return url === undefined || url.username !== '' || url.password !== '' ? undefined : url;
}

const isSafe = ({ protocol, hostname }: URL): boolean =>
  HOST.test(hostname) && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname)));
/** Of an app (RFC 8252): a domain of its makers, backwards. Schemes of browsers have no dot. */
const isApps = ({ protocol }: URL): boolean => /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol);

/** As it was registered: hosts were looked at less closely once, and what is stored is read for ever. */
export const StoredUri = z.string().max(LONGEST);

/** Where people may be sent back to. */
export const RedirectUri = z
  .string()
  .max(LONGEST)
  .refine((text) => {
    const url = urlOf(text);
    return url !== undefined && (isSafe(url) || isApps(url));
  }, 'an absolute URI by https, on this machine, or of an app (com.example.app:/…); no name before the host, no * and no fragment');

/** Where a system is told that somebody has left. */
export const LogoutUri = z
  .string()
  .max(LONGEST)
  .refine((text) => {
    const url = urlOf(text);
    return url !== undefined && isSafe(url);
  }, 'an absolute URI by https, or on this machine; no name before the host, no * and no fragment');
