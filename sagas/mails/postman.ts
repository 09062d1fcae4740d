import type { PersonId } from '#domain/kernel/ids.ts';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { type Mail, type Mailer, type MailOutcome, UnsendableError } from '#domain/kernel/ports/mail.ts';
import type { MailEnd, MailLedger, OpenMail } from '#domain/kernel/ports/mail-ledger.ts';
import { NewerEventError } from '#domain/kernel/registry.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { type Writing, type Written, write } from './writing.ts';

export interface PostmanLimits {
  /** Mails at once, of different people. */
  readonly atOnce: number;
  /** Between two tries of a mail, in milliseconds: doubled with each. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** For so long it is tried, in milliseconds: a link that comes later than that serves nobody. */
  readonly triedForMs: number;
  /** Behind the mailer's own deadlines, in milliseconds. */
  readonly patienceMs: number;
  /** So long a stop waits for those on their way, in milliseconds, before they are cut off. */
  readonly graceMs: number;
}
export const postmanLimits: PostmanLimits = {
  ...{ atOnce: 4, firstPauseMs: 5_000, longestPauseMs: 600_000 },
  ...{ triedForMs: 3 * 24 * 3_600_000, patienceMs: 300_000, graceMs: 2_000 },
};
/** Between two looks where nothing wakes it, in milliseconds. */
const LOOK_MS = 60_000;
/** Between two tries where the ledger cannot be asked, in milliseconds. */
const FIRST_FAILURE_MS = 100;
const LONGEST_FAILURE_MS = 10_000;
/** So long what was cut off may take to say what became of it, in milliseconds. */
const FAREWELL_MS = 500;

export interface PostmanOptions extends Writing {
  readonly ledger: Omit<MailLedger, 'take' | 'begin' | 'close'>;
  readonly mailer: Pick<Mailer, 'send'>;
  /** By which is waited: a steady one. */
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<PostmanLimits>;
  /** Told whenever something else stands in the ledger. */
  readonly noted?: () => void;
}

export interface PostmanStatus {
  /** Why it sends nothing, if it does not. */
  readonly problem: string | undefined;
  /** Since the start, by what became of them. */
  readonly became: Readonly<Record<MailEnd, number>>;
  /** Since the start: nobody knew what had become of them. */
  readonly sentAgain: number;
}

export interface Postman {
  status(): PostmanStatus;
  /** There is something to send. */
  wake(): void;
  /** Those on their way get a moment to end. */
  stop(): Promise<void>;
}

/**
 * Sends what was taken: of each person one after the other, of different people some at once. What is to be tried again waits by itself, with
 * growing pauses, and nobody else with it.
 */
class Sending implements Postman {
  readonly #options: PostmanOptions;
  readonly #limits: PostmanLimits;
  readonly #stopping = new AbortController();
  readonly #cutOff = new AbortController();
  readonly #busy = new Map<PersonId, Promise<void>>();
  readonly #became: Record<MailEnd, number> = { done: 0, refused: 0, erased: 0, late: 0 };
  readonly #running: Promise<void>;
  #sentAgain = 0;
  #problem: string | undefined;
  #wanted = false;
  #wake: () => void = () => undefined;

  constructor(options: PostmanOptions) {
    this.#options = options;
    this.#limits = { ...postmanLimits, ...options.limits };
    this.#running = this.#run();
  }

  status(): PostmanStatus {
    return { problem: this.#problem, became: { ...this.#became }, sentAgain: this.#sentAgain };
  }

  wake(): void {
    this.#wanted = true;
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    const ended = new AbortController();
    const all = Promise.all(this.#busy.values()).finally(() => ended.abort());
    await pause(this.#options.clock, this.#limits.graceMs, ended.signal);
    this.#cutOff.abort(new Error('the platform stops'));
    await all;
  }

  #nowMs(): number {
    return millisecondsOf(this.#options.clock.now());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      this.#wanted = false;
      try {
        const untilMs = await this.#begin();
        failures = 0;
        this.#problem = undefined;
        await this.#rest(untilMs - this.#nowMs());
      } catch (error) {
        failures += 1;
        this.#told(error, failures);
        await pause(this.#options.clock, doubled(failures, FIRST_FAILURE_MS, LONGEST_FAILURE_MS), signal);
      }
    }
  }

  #told(error: unknown, failures: number): void {
    this.#problem = reasonOf(error);
    if (failures === 1) this.#options.log.warn({ err: error }, 'no mail can be sent');
  }

  /** Begins with as many as there is room for; until when there is nothing else to do. */
  async #begin(): Promise<number> {
    const { ledger } = this.#options;
    const room = this.#limits.atOnce - this.#busy.size;
    if (room > 0) {
      // Whoever is at work here may stand among them: their mail is due until it is intended.
      const due = await ledger.due(this.#nowMs(), this.#limits.atOnce + room);
      for (const open of due.filter(({ person }) => !this.#busy.has(person)).slice(0, room))
        this.#deliver(open);
    }
    if (this.#busy.size >= this.#limits.atOnce) return this.#nowMs() + LOOK_MS;
    return Math.min((await ledger.nextDueMs()) ?? Number.POSITIVE_INFINITY, this.#nowMs() + LOOK_MS);
  }

  async #rest(ms: number): Promise<void> {
    if (this.#wanted || ms <= 0) return;
    const awake = new AbortController();
    this.#wake = () => awake.abort();
    await pause(this.#options.clock, ms, awake.signal);
  }

  #deliver(open: OpenMail): void {
    const delivering = this.#brought(open)
      .catch((error: unknown) => this.#told(error, 1))
      .finally(() => {
        this.#busy.delete(open.person);
        this.wake();
      });
    this.#busy.set(open.person, delivering);
  }

  /** @throws StoreError where the intent cannot be written: nothing was sent */
  async #brought(open: OpenMail): Promise<void> {
    if (this.#nowMs() - open.takenMs > this.#limits.triedForMs)
      return this.#end(open, 'late', 'it was tried for too long');
    const written = await this.#written(open);
    if ('outcome' in written) return this.#settle(open, written);
    if ('end' in written) return this.#end(open, written.end, written.words);
    await this.#options.ledger.intend(open.number);
    if (open.unknowns > 0) this.#sentAgain += 1;
    await this.#settle({ ...open, tries: open.tries + 1 }, await this.#sent(written.mail));
  }

  async #written(open: OpenMail): Promise<Written | MailOutcome> {
    try {
      return await write(this.#options, open);
    } catch (error) {
      if (error instanceof StoreError || error instanceof NewerEventError)
        return { outcome: 'later', words: 'what it says cannot be read now' };
      // What a template throws may say what was in the mail.
      return { end: 'refused', words: `${open.template} cannot be written` };
    }
  }

  async #sent(mail: Mail): Promise<MailOutcome> {
    const { mailer, clock } = this.#options;
    const over = new AbortController();
    const given = AbortSignal.any([over.signal, this.#cutOff.signal]);
    const late = pause(clock, this.#limits.patienceMs, given)
      .then(() => (this.#cutOff.signal.aborted ? pause(clock, FAREWELL_MS, over.signal) : undefined))
      .then((): MailOutcome => ({ outcome: 'unknown', words: 'whoever sends mails gave no answer' }));
    try {
      return await Promise.race([mailer.send(mail, this.#cutOff.signal), late]);
    } catch (error) {
      if (error instanceof UnsendableError) return { outcome: 'refused', words: error.message };
      return { outcome: 'unknown', words: 'whoever sends mails has failed' };
    } finally {
      over.abort();
    }
  }

  async #settle(open: OpenMail, told: MailOutcome): Promise<void> {
    if (told.outcome === 'done') return this.#end(open, 'done', '');
    if (told.outcome === 'refused') return this.#end(open, 'refused', told.words);
    const { firstPauseMs, longestPauseMs } = this.#limits;
    // What could not even be written has no try to its name.
    const pauseMs = doubled(Math.max(1, open.tries), firstPauseMs, longestPauseMs);
    await this.#options.ledger.wait(
      open.number,
      this.#nowMs() + pauseMs,
      told.words,
      told.outcome === 'unknown',
    );
  }

  /** Until it stands; where the process stops before it does, the intent says that nobody knows. */
  async #noted(note: (ledger: PostmanOptions['ledger']) => Promise<void>): Promise<void> {
    const { ledger, clock } = this.#options;
    for (let failures = 1; ; failures++)
      try {
        await note(ledger);
        this.#options.noted?.();
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error;
        this.#told(error, failures);
        await pause(clock, doubled(failures, FIRST_FAILURE_MS, LONGEST_FAILURE_MS), this.#stopping.signal);
      }
  }

  async #end({ number, template, messageId }: OpenMail, end: MailEnd, words: string): Promise<void> {
    await this.#noted((ledger) => ledger.end(number, end, words, this.#nowMs()));
    this.#became[end] += 1;
    if (end === 'refused' || end === 'late')
      this.#options.log.warn({ template, messageId, words }, 'a mail is laid aside');
  }
}

export const postman = (options: PostmanOptions): Postman => new Sending(options);
