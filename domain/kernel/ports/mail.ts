import { z } from 'zod';
import { PersonId } from '../ids.ts';
import { Instant } from '../instant.ts';
import type { Standing } from './standing.ts';

/** Limits of every engine behind the port. */
export const mailLimits = {
  addressCharacters: 254,
  /** Of an address, before its `@`. */
  localCharacters: 64,
  subjectCharacters: 200,
  textCharacters: 64 * 1024,
  htmlCharacters: 256 * 1024,
  /** Of what a server says. */
  wordsCharacters: 200,
} as const;

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const DOMAIN = `(?:${LABEL}\\.)+${LABEL}`;
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${DOMAIN}$`);
const MESSAGE_ID = new RegExp(`^[A-Za-z0-9-]{1,100}@${DOMAIN}$`);

/** The address alone, in ASCII (of other domains their `xn--` form): no name beside it, no quotes, no comment, and never two. */
export const MailAddress = z
  .string()
  .max(mailLimits.addressCharacters)
  .regex(ADDRESS, 'one address and nothing beside it: ann@mail.example')
  .refine(
    (address) => address.indexOf('@') <= mailLimits.localCharacters,
    'at most 64 characters before the @',
  );
export type MailAddress = z.output<typeof MailAddress>;

/** A domain with a dot in it, as servers of mail call each other. */
export const MailDomain = z
  .string()
  .max(253)
  .regex(new RegExp(`^${DOMAIN}$`), 'a name with a dot in it, in ASCII: auctions.example');

/** What ends a domain where it stands in a URL. */
const NO_DOMAIN = /[\s:/?#@[\]\\%<>^|\p{Cc}]/u;

/** An address with its domain as servers find it: `münchen.example` is `xn--mnchen-3ya.example` (IDNA). What is no domain stays as it is. */
export function asciiDomain(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  const domain = address.slice(at);
  if (at === 0 || domain.length > mailLimits.addressCharacters || /^\p{ASCII}*$/u.test(domain))
    return address;
  if (NO_DOMAIN.test(domain)) return address;
  const known = URL.parse(`http://${domain}`)?.hostname;
  return known === undefined ? address : address.slice(0, at) + known;
}

/** In which mails are written. */
export const Language = z
  .enum(['en', 'fr', 'ru'])
  .meta({ id: 'Language', description: 'English, French or Russian.' });
export type Language = z.output<typeof Language>;

/** Whatever ends a line somewhere would begin another header. */
const ONE_LINE = /^[^\p{Cc}\u2028\u2029]*$/u;
const LINES = /^[^\p{Cc}]*$/u;
const lines = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine(
      (text) => LINES.test(text.replaceAll(/[\t\n]/g, '')),
      'no control characters but tab and new line',
    );

/** One mail to one person. Strict: a header that nobody knows is refused. */
export const Mail = z.strictObject({
  /** Chosen by whoever sends, without brackets: the same mail keeps it, however often it is sent. */
  messageId: z.string().regex(MESSAGE_ID, 'letters, digits and hyphens, an @, and a domain'),
  /** Whom it is to, so that an engine that keeps it seals it by their key. */
  person: PersonId,
  to: MailAddress,
  subject: z.string().min(1).max(mailLimits.subjectCharacters).regex(ONE_LINE, 'one line'),
  text: lines(mailLimits.textCharacters),
  html: lines(mailLimits.htmlCharacters).optional(),
  language: Language,
  writtenAt: Instant,
});
export type Mail = z.output<typeof Mail>;

/** It is no mail: no engine sends it, and no other try mends it. It names fields, and repeats nothing of what is in them. */
export class UnsendableError extends TypeError {
  constructor(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]) {
    super(`no mail: ${issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
    this.name = 'UnsendableError';
  }
}

/** @throws UnsendableError */
export function demandMail(mail: Mail): void {
  const read = Mail.safeParse(mail);
  if (!read.success) throw new UnsendableError(read.error.issues);
}

/** What became of a mail. The words are the server's, or ours about it: without an address, and nothing that is secret. */
export type MailOutcome =
  /** Taken by whoever brings it to its address, or on. */
  | { readonly outcome: 'done' }
  /** Not taken, for good. */
  | { readonly outcome: 'refused'; readonly words: string }
  /** Not taken, and it may be another time. */
  | { readonly outcome: 'later'; readonly words: string }
  /** Taken or not: sent again, it may arrive twice, under the same id. */
  | { readonly outcome: 'unknown'; readonly words: string };

/** Sends mails. Every wait has a deadline of its own. */
export interface Mailer {
  /**
   * Whoever aborts gets an outcome all the same, soon.
   *
   * @throws UnsendableError
   */
  send(mail: Mail, signal: AbortSignal): Promise<MailOutcome>;
  /** How it is doing, without asking it. */
  standing(): Standing;
  close(): Promise<void>;
}
