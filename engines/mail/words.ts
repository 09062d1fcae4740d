import { type Mail, mailLimits } from '#domain/kernel/ports/mail.ts';
import type { Credentials } from '../access.ts';

/** Of what a server says, so much is looked at. */
const MOST_READ = 2_000;
/** Shorter ones stand in many words by chance. */
const LEAST_SECRET = 3;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** However a server may give back what it was told. */
const secretsOf = ({ username, password }: Credentials): readonly string[] => [
  ...[password, username, base64(password), base64(username)],
  base64(`\0${username}\0${password}`),
];

/**
 * What a server says, as it may be kept and shown: a line of printable ASCII, without an address and without what let us in.
 */
export function wordsOf(
  said: string,
  {
    mail,
    credentials,
  }: { readonly mail?: Pick<Mail, 'to'>; readonly credentials?: Credentials | undefined } = {},
): string {
  const [local = ''] = (mail?.to ?? '').split('@');
  const hidden = [
    ...(mail === undefined ? [] : [mail.to, local]),
    ...(credentials ? secretsOf(credentials) : []),
  ]
    .filter(({ length }) => length >= LEAST_SECRET)
    .sort((one, other) => other.length - one.length);
  let words = said.slice(0, MOST_READ);
  for (const each of hidden) words = words.replaceAll(new RegExp(RegExp.escape(each), 'gi'), '***');
  return words
    .replaceAll(/[^\s<>"'()]*@[^\s<>"'()]+/g, '***')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim()
    .slice(0, mailLimits.wordsCharacters);
}
