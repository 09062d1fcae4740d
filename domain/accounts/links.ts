import { PersonId } from '../kernel/ids.ts';
import { type Instant, instant, later, millisecondsOf } from '../kernel/instant.ts';

// Links in mails to people. A link says itself for whom, for what and until when it is, and is named by the platform's own key, so that
// nothing has to be kept of it. It is bound to something that is another once it was used.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What a link is for: where it leads, and for how long from the event on that it was written about. */
export const links = {
  /** Bound to the login. It holds with whatever password was chosen last, which is asked for besides. */
  verify: { path: '/account/verify', lastsMs: 24 * HOUR_MS },
  /** Bound to the address, and to the password of now where the address is proven. */
  reset: { path: '/account/reset', lastsMs: 30 * MINUTE_MS },
  /** Bound to the login that is asked for. */
  email: { path: '/account/email', lastsMs: 24 * HOUR_MS },
} as const;
export type LinkPurpose = keyof typeof links;

/** Names something without telling it, and nobody else can. */
export type NameOf = (kind: string, text: string) => string;

export interface Link {
  readonly purpose: LinkPurpose;
  readonly person: PersonId;
  readonly boundTo: string;
  readonly until: Instant;
}

/** It stands in no id, and needs no escape in a URL. */
const SEPARATOR = '~';
const LONGEST = 160;
const TOKEN = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})~([0-9a-z]{1,10})~([A-Za-z0-9_-]{43})$/;

/** The token of a link: the same for the same link, for ever. */
export function tokenOfLink({ purpose, person, boundTo, until }: Link, nameOf: NameOf): string {
  const untilMs = millisecondsOf(until).toString(36);
  const name = nameOf(`link: ${purpose}`, [person, untilMs, boundTo].join('\n'));
  return [person, untilMs, name].join(SEPARATOR);
}

/** What a token says of itself, which anybody may have written; undefined: it is none. */
export function saidBy(token: string): Pick<Link, 'person' | 'until'> | undefined {
  if (token.length > LONGEST) return undefined;
  const [, person = '', untilMs = ''] = TOKEN.exec(token) ?? [];
  const at = Number.parseInt(untilMs, 36);
  const named = PersonId.safeParse(person);
  if (!named.success || !(at < Date.UTC(9999, 0))) return undefined;
  return { person: named.data, until: instant(at) };
}

/** The whole link as it stands in a mail. @param since when the event was recorded that the mail is about */
export function linkTo(
  { since, ...link }: Omit<Link, 'until'> & { readonly since: Instant },
  { publicUrl, nameOf }: { readonly publicUrl: string; readonly nameOf: NameOf },
): string {
  const { path, lastsMs } = links[link.purpose];
  const token = tokenOfLink({ ...link, until: later(since, lastsMs) }, nameOf);
  return `${publicUrl}${path}?token=${token}`;
}
