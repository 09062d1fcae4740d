import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailAddress } from '#domain/kernel/ports/mail.ts';
import type { Credentials } from '../access.ts';

/** Where a server of mail is, and what lets us in. */
export interface SmtpAt {
  readonly host: string;
  readonly port: number;
  /** How we greet it; undefined: as this machine is called. */
  readonly name: string | undefined;
  /** From the first byte, by STARTTLS, which is then demanded, or not at all. */
  readonly tls: 'from the start' | 'starttls' | 'none';
  readonly credentials: Credentials | undefined;
  /** Certificates, in PEM, of whoever vouches for the server; undefined: whom the system trusts. */
  readonly authority: string | undefined;
}

/** Of one answer, in bytes: what a server says is a few lines. */
const ANSWER_BYTES = 64 * 1024;
/** The library's own deadlines stand behind ours, for sockets that nobody waits for any more. */
const BEHIND_OURS_MS = 10 * 60_000;

/** What the library says of a failure. */
export interface SmtpFailure extends Error {
  readonly code?: string;
  /** What was asked: `RCPT TO`, `DATA`. */
  readonly command?: string;
  /** What was answered, if anything was. */
  readonly responseCode?: number;
  readonly response?: string;
}
/** A failure that we say ourselves, in words that tell nothing of anybody. */
export class OwnError extends Error {}
export const failureOf = (error: unknown): SmtpFailure =>
  error instanceof Error ? error : new Error(String(error));

/** What is sent, and whether any of it has been: from then on the server may have all of it. */
class Handed extends Readable {
  #bytes: Uint8Array | undefined;
  hasBegun = false;
  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }
  override _read(): void {
    this.hasBegun = true;
    if (this.#bytes !== undefined) this.push(this.#bytes);
    this.#bytes = undefined;
    this.push(null);
  }
}

/** What became of one attempt; `mayHaveIt`: the server was given all or some of it before this went wrong. */
export type Sent =
  | { readonly outcome: 'taken' }
  | { readonly outcome: 'failed'; readonly failure: SmtpFailure; readonly mayHaveIt: boolean };

/** One connection to a server, by which one mail after another is sent. */
export interface SmtpSession {
  /** False once either side has ended it. */
  isOpen(): boolean;
  send(from: MailAddress, to: MailAddress, bytes: Uint8Array, over: AbortSignal): Promise<Sent>;
  close(): void;
}

type Done<T> = (error: unknown, value?: T) => void;

/** Until the library calls back, its connection ends, or ours is the deadline that is over. */
function settledBy<T>(
  connection: SMTPConnection,
  over: AbortSignal,
  begin: (done: Done<T>) => void,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      connection.off('error', failed).off('end', ended);
      over.removeEventListener('abort', late);
      act();
    };
    const failed = (error: unknown): void => settle(() => reject(error));
    const ended = (): void => failed(new OwnError('the connection has ended'));
    const late = (): void => failed(over.reason);
    connection.once('error', failed).once('end', ended);
    over.addEventListener('abort', late, { once: true });
    if (over.aborted) late();
    else begin((error, value) => (error ? failed(error) : settle(() => resolve(value))));
  });
}

/** Opens a connection, encrypted as it is demanded, and enters. @throws SmtpFailure, or the signal's reason */
export async function openSession(at: SmtpAt, over: AbortSignal): Promise<SmtpSession> {
  const { host, port, name, tls, credentials, authority } = at;
  const connection = new SMTPConnection({
    ...{ host, port, secure: tls === 'from the start' },
    ...(name !== undefined && { name }),
    ...(tls === 'none' ? { ignoreTLS: true } : { requireTLS: true }),
    tls: { minVersion: 'TLSv1.2', ...(authority !== undefined && { ca: authority }) },
    ...{ maxResponseSize: ANSWER_BYTES, socketCloseTimeout: 0, logger: false },
    ...{ connectionTimeout: BEHIND_OURS_MS, greetingTimeout: BEHIND_OURS_MS, socketTimeout: BEHIND_OURS_MS },
    dnsTimeout: BEHIND_OURS_MS,
  });
  let isOpen = true;
  // What comes when nobody asks has nobody to tell, and must not end the process.
  connection.on('error', () => {
    isOpen = false;
  });
  connection.on('end', () => {
    isOpen = false;
  });
  const close = (): void => {
    isOpen = false;
    connection.close();
  };
  try {
    await settledBy<void>(connection, over, (done) => connection.connect(done));
    if (credentials !== undefined) {
      const { username: user, password: pass } = credentials;
      await settledBy(connection, over, (done) => connection.login({ user, pass }, done));
    }
  } catch (error) {
    close();
    throw failureOf(error);
  }
  return {
    isOpen: () => isOpen,
    async send(from, to, bytes, signal) {
      const handed = new Handed(bytes);
      try {
        const envelope = { from, to, size: bytes.length };
        await settledBy(connection, signal, (done) => connection.send(envelope, handed, done));
        return { outcome: 'taken' };
      } catch (error) {
        // The next mail finds a server that knows where it stands.
        close();
        return { outcome: 'failed', failure: failureOf(error), mayHaveIt: handed.hasBegun };
      }
    },
    close,
  };
}
