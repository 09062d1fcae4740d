import { mailLimits } from '#domain/kernel/ports/mail.ts';
import type { Credentials } from '../access.ts';
import { OwnError, type SmtpFailure } from './session.ts';

// What is kept and shown of a failure. It stands in the ledger and in the log, where no erasure finds it: so of whoever a mail is to
// it may say nothing, however a server spells them.

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
 * What was said while a connection was opened, before anybody was told to whom a mail is: a line of printable ASCII, without an
 * address and without what let us in.
 */
export function openingWords({ response, message }: SmtpFailure, credentials?: Credentials): string {
  const hidden = (credentials ? secretsOf(credentials) : [])
    .filter(({ length }) => length >= LEAST_SECRET)
    .sort((one, other) => other.length - one.length);
  const shown = (said: string): string => {
    let words = said.slice(0, MOST_READ);
    for (const each of hidden) words = words.replaceAll(new RegExp(RegExp.escape(each), 'gi'), '***');
    return words
      .replaceAll(/[^\s<>"'()]*@[^\s<>"'()]+/g, '***')
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .replaceAll(/ {2,}/g, ' ')
      .trim()
      .slice(0, mailLimits.wordsCharacters);
  };
  return shown(response ?? '') || shown(message);
}

/** Of the enhanced status codes (RFC 3463) those that servers say most, without their class. */
const ENHANCED: Readonly<Record<string, string>> = {
  '1.1': 'there is no such mailbox',
  '1.2': 'there is no such domain',
  '1.3': 'the address is not well-formed',
  '1.6': 'the mailbox has moved',
  '1.10': 'the domain takes no mail',
  '2.1': 'the mailbox is disabled',
  '2.2': 'the mailbox is full',
  '2.3': 'the mail is too large for the mailbox',
  '3.1': 'the server is full',
  '3.2': 'the server takes no mail now',
  '3.4': 'the mail is too large',
  '7.1': 'the server may not take it from us',
};
/** And their subjects. */
const SUBJECTS: Readonly<Record<string, string>> = {
  '1': 'something is wrong with the address',
  '2': 'something is wrong with the mailbox',
  '3': 'something is wrong with the server',
  '4': 'it cannot be brought on',
  '5': 'the server did not understand us',
  '6': 'what it says is not taken',
  '7': 'a rule of the server forbids it',
};
const REPLIES: Readonly<Record<number, string>> = {
  421: 'the server ends the connection',
  450: 'the mailbox is busy',
  451: 'the server is in trouble, or wants it later',
  452: 'the server has no room',
  530: 'we have to sign in, or to encrypt',
  550: 'the mailbox is not to be had',
  551: 'the mailbox is not there',
  552: 'there is no room for it',
  553: 'the name of the mailbox is not allowed',
  554: 'the mail is not taken',
};

/** What the library names its failures by. */
const FAILURES: Readonly<Record<string, string>> = {
  ECONNECTION: 'the connection has ended',
  EENVELOPE: 'the addresses are not taken',
  EMESSAGE: 'the mail is too large',
  EPROTOCOL: 'the answer is not SMTP',
  ESOCKET: 'the connection is broken',
  ESTREAM: 'the mail could not be read',
  ETIMEDOUT: 'there was no answer in time',
  ETLS: 'the connection could not be encrypted',
};

/** `550 5.1.1 …`, alone or on the first of many lines; the class of both is the same. */
const REPLY = /^([45])(\d\d)(?:[ -]\s*(\1\.([0-7])\.(\d{1,3}))(?![\d.]))?/;

/**
 * What was said behind the opening, by whoever may know to whom the mail is: its codes alone, of which each has one meaning, and
 * what they mean in words of ours.
 */
export function sendingWords(failure: SmtpFailure): string {
  if (failure instanceof OwnError) return failure.message;
  const [, kind, rest, enhanced, subject = '', detail = ''] = REPLY.exec(failure.response ?? '') ?? [];
  if (kind === undefined) return FAILURES[failure.code ?? ''] ?? 'sending was broken off';
  const codes = [`${kind}${rest}`, ...(enhanced === undefined ? [] : [enhanced])].join(' ');
  const meaning =
    failure.command === 'MAIL FROM'
      ? 'our own address is not taken, or too much is sent by it'
      : (ENHANCED[`${subject}.${Number(detail)}`] ?? SUBJECTS[subject] ?? REPLIES[Number(`${kind}${rest}`)]);
  return meaning === undefined ? codes : `${codes}: ${meaning}`;
}
