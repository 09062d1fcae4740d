import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import {
  demandMail,
  type Mail,
  type MailAddress,
  type Mailer,
  type MailOutcome,
} from '#domain/kernel/ports/mail.ts';
import { watched } from '../standing.ts';
import { mimeOf } from './mime.ts';
import {
  failureOf,
  OwnError,
  openSession,
  type Sent,
  type SmtpAt,
  type SmtpFailure,
  type SmtpSession,
} from './session.ts';
import { openingWords, sendingWords } from './words.ts';

export interface SmtpLimits {
  /** Connections at once, and mails with them. */
  readonly atOnce: number;
  /** Mails that wait for one of these; more are told to come later. */
  readonly waiting: number;
  /** By one connection: a server may count, and end it. */
  readonly perSession: number;
  /** Until a connection nobody uses is closed, in milliseconds. */
  readonly idleMs: number;
  /** To connect, encrypt and enter, and to hand over one mail, in milliseconds: a server may look long at what it takes. */
  readonly openMs: number;
  readonly sendMs: number;
}
export const smtpLimits: SmtpLimits = {
  ...{ atOnce: 4, waiting: 100, perSession: 100, idleMs: 5_000, openMs: 20_000, sendMs: 120_000 },
};

export interface SmtpOptions extends SmtpAt {
  /** Without a secret: `smtp://host:587`. */
  readonly address: string;
  readonly from: MailAddress;
  /** As people read it beside the address, on one line. */
  readonly fromName?: string | undefined;
  /** A steady one. */
  readonly clock: Clock;
  readonly limits?: Partial<SmtpLimits>;
}

interface Held {
  readonly session: SmtpSession;
  sent: number;
  cancelIdle?: () => void;
}

const isFinal = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 500 && responseCode < 600;
const isForNow = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 400 && responseCode < 500;

/** Of its recipient, or of what it says. */
const isOfMail = ({ command }: SmtpFailure): boolean => command === 'RCPT TO' || command === 'DATA';

/** More than the server takes: it says so to the sender's name, before it knows to whom. */
const isTooLarge = ({ code, command, responseCode }: SmtpFailure): boolean =>
  responseCode === 552 || (code === 'EMESSAGE' && command === 'MAIL FROM' && responseCode === undefined);

/**
 * What a failure says of this one mail. Whoever refuses us (as a stranger, without TLS, by our sender's address) has refused no mail: an
 * operator mends that, and then it goes.
 */
export function outcomeOf({
  failure,
  mayHaveIt,
}: Extract<Sent, { outcome: 'failed' }>): 'refused' | 'later' | 'unknown' {
  if (mayHaveIt) {
    if (isFinal(failure)) return 'refused';
    return isForNow(failure) ? 'later' : 'unknown';
  }
  if (isTooLarge(failure)) return 'refused';
  return isOfMail(failure) && isFinal(failure) ? 'refused' : 'later';
}

/** A signal that is also over by itself; `end` when nobody waits for it. */
function deadline(clock: Clock, ms: number, what: string, signal: AbortSignal) {
  const late = new AbortController();
  const end = clock.at(later(clock.now(), ms), () =>
    late.abort(new OwnError(`${what} took longer than ${ms} ms`)),
  );
  return { over: AbortSignal.any([signal, late.signal]), end };
}

class Smtp implements Mailer {
  readonly #options: SmtpOptions;
  readonly #limits: SmtpLimits;
  readonly #engine;
  readonly #closed = new AbortController();
  #idle: Held[] = [];
  #busy = 0;
  #waiting: (() => void)[] = [];

  constructor(options: SmtpOptions) {
    this.#options = options;
    this.#limits = { ...smtpLimits, ...options.limits };
    this.#engine = watched(options.address, () => options.clock.now());
  }

  async send(mail: Mail, signal: AbortSignal): Promise<MailOutcome> {
    demandMail(mail);
    if (this.#busy >= this.#limits.atOnce) {
      if (this.#waiting.length >= this.#limits.waiting)
        return { outcome: 'later', words: 'too many mails wait for a connection' };
      await new Promise<void>((turn) => this.#waiting.push(turn));
    } else this.#busy += 1;
    try {
      const bytes = await mimeOf(mail, this.#options.from, this.#options.fromName);
      return await this.#deliver(mail, bytes, AbortSignal.any([signal, this.#closed.signal]));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }

  standing() {
    return this.#engine.standing();
  }

  async close(): Promise<void> {
    this.#closed.abort(new OwnError('the mails are closed'));
    for (const held of this.#idle) this.#end(held);
    this.#idle = [];
  }

  async #deliver(mail: Mail, bytes: Uint8Array, signal: AbortSignal): Promise<MailOutcome> {
    const kept = this.#idle.pop();
    if (kept !== undefined) {
      const sent = await this.#by(kept, mail, bytes, signal);
      // The server may have ended it meanwhile, which says nothing of a mail that it was not given.
      const isStale = sent.outcome === 'failed' && !sent.mayHaveIt && sent.failure.responseCode === undefined;
      if (!isStale || signal.aborted) return this.#told(sent);
    }
    const { clock } = this.#options;
    const { over, end } = deadline(clock, this.#limits.openMs, 'connecting', signal);
    let session: SmtpSession;
    try {
      session = await openSession(this.#options, over);
    } catch (error) {
      const failure = failureOf(error);
      return this.#told(
        { outcome: 'failed', failure, mayHaveIt: false },
        openingWords(failure, this.#options.credentials),
      );
    } finally {
      end();
    }
    return this.#told(await this.#by({ session, sent: 0 }, mail, bytes, signal));
  }

  async #by(held: Held, mail: Mail, bytes: Uint8Array, signal: AbortSignal): Promise<Sent> {
    held.cancelIdle?.();
    const { clock, from } = this.#options;
    const { over, end } = deadline(clock, this.#limits.sendMs, 'sending', signal);
    try {
      const sent = await held.session.send(from, mail.to, bytes, over);
      held.sent += 1;
      const isKept =
        held.session.isOpen() && held.sent < this.#limits.perSession && !this.#closed.signal.aborted;
      if (isKept) this.#keep(held);
      else this.#end(held);
      return sent;
    } finally {
      end();
    }
  }

  #keep(held: Held): void {
    const { clock } = this.#options;
    this.#idle.push(held);
    held.cancelIdle = clock.at(later(clock.now(), this.#limits.idleMs), () => {
      this.#idle = this.#idle.filter((other) => other !== held);
      this.#end(held);
    });
  }

  #end({ session, cancelIdle }: Held): void {
    cancelIdle?.();
    session.close();
  }

  /** @param said while the connection was opened */
  #told(sent: Sent, said?: string): MailOutcome {
    const { host, port } = this.#options;
    if (sent.outcome === 'taken') {
      this.#engine.answered('writes');
      return { outcome: 'done' };
    }
    const { failure } = sent;
    const outcome = outcomeOf(sent);
    const words = said ?? sendingWords(failure);
    // Of this one mail it has spoken, so that it works; whoever stops us is not at fault.
    if (outcome === 'refused' || (isOfMail(failure) && isForNow(failure))) this.#engine.answered('writes');
    else if (!this.#closed.signal.aborted)
      this.#engine.failed(new Error(`${host}:${port}: ${failure.command ?? 'CONN'}: ${words}`), 'writes');
    return { outcome, words };
  }
}

/** Sends by a server that speaks SMTP, over a few connections that are used again. */
export const smtpMailer = (options: SmtpOptions): Mailer => new Smtp(options);
