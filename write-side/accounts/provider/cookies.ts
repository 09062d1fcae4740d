import type { IncomingMessage } from 'node:http';
import { cookiesOf } from '#runtime/cookies.ts';

// A browser has more than one sign-in under way: each tab one, and none ends another. So each has a cookie of its own, whose name ends with
// what it is for. It is for the whole host and no wider (`__Host-`): a cookie of one path alone could be given to somebody by whoever has a
// sub-domain of ours, and with it a sign-in that another browser waits for.

/** Of one kind, in one browser: it sends them with each request. Of those above, the oldest go. */
export const MOST_UNDER_WAY = 8;

/** What is told apart by a name's end: letters, digits, `-` and `_`. */
const ID = /^[\w-]{1,64}$/;

export const namesOf = (secure: boolean) =>
  ({
    session: secure ? '__Host-annals_session' : 'annals_session',
    interaction: secure ? '__Host-annals_sign_in' : 'annals_sign_in',
    // Of one path alone.
    resume: secure ? '__Secure-annals_resume' : 'annals_resume',
    /** Where somebody goes on to who was sent from a page of their own account. */
    to: secure ? '__Host-annals_to' : 'annals_to',
  }) as const;

export const nameFor = (kind: string, id: string): string => `${kind}_${id}`;

/** What a browser has cookies for, of one kind; the oldest first, in which order browsers send them (RFC 6265, 5.4). */
export function idsOf(request: Pick<IncomingMessage, 'headers'>, kind: string): readonly string[] {
  const start = `${kind}_`;
  const ids = [...cookiesOf(request).keys()]
    .filter((name) => name.startsWith(start))
    .map((name) => name.slice(start.length));
  return ids.filter((id) => ID.test(id));
}

/** With one answer, which says each of them in two lines: a request can name hundreds. The next ones lose the rest. */
const MOST_LOST = 8;

/** Those that make room for another. */
export const surplus = (ids: readonly string[]): readonly string[] =>
  ids.slice(0, Math.min(MOST_LOST, Math.max(0, ids.length - MOST_UNDER_WAY + 1)));
