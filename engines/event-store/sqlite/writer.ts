import type { EncodedEvent } from '../event.ts';
import { type Head, headCache } from './heads.ts';

/** As `expected` of a queued append: the stream has no event yet. Equal to the revision of an empty stream's head. */
export const NONE = -1;
/** As `expected` of a queued append: whatever the stream holds. */
export const ANY = -2;

export interface WriterLimits {
  /** Appends that wait or are at work. */
  readonly queueAppends: number;
  readonly queueBytes: number;
  /** Of one transaction. */
  readonly groupEvents: number;
  readonly groupBytes: number;
  readonly cachedHeads: number;
}

export const writerLimits: WriterLimits = {
  queueAppends: 10_000,
  queueBytes: 64 * 1024 * 1024,
  groupEvents: 1_000,
  groupBytes: 4 * 1024 * 1024,
  cachedHeads: 100_000,
};

export interface QueuedAppend {
  readonly stream: string;
  /** A revision, {@link NONE} or {@link ANY}. */
  readonly expected: number;
  readonly recordedAt: string;
  readonly events: readonly EncodedEvent[];
  /** Of all JSON text in it, in UTF-16 units: near enough for a bound on memory. */
  readonly bytes: number;
}

/** The answer to one append; answers come in the order in which the appends were submitted. */
export type Answer =
  | {
      readonly status: 'appended';
      readonly revision: number;
      /** Of the first and the last event; those between are neighbours unless two appends are repeated as one. */
      readonly first: number;
      readonly last: number;
      /** The events were there already, from an earlier time than this append's. */
      readonly repeated?: true;
    }
  | { readonly status: 'conflict'; readonly actual: number }
  /** The engine will not store it; nothing was done. */
  | { readonly status: 'refused' }
  /** Written, but whether it is durable is not known. */
  | { readonly status: 'unknown' }
  /** Never begun: the writer had stopped. */
  | { readonly status: 'unavailable' };

/** What the driver is to do next, and with which call it reports the outcome. */
export type Action =
  /** Nothing to do until the next `submit`. */
  | { readonly do: 'wait' }
  /** Begin a transaction: `begun`. */
  | { readonly do: 'begin' }
  /** Look up where a stream ends: `looked`. */
  | { readonly do: 'look'; readonly stream: string }
  /** Read the ids of events already there: `compared`. */
  | { readonly do: 'compare'; readonly streamId: number; readonly from: number; readonly count: number }
  /** Insert: `wrote`, or `refused` when the engine rejects the rows and the transaction is still whole. */
  | {
      readonly do: 'write';
      readonly append: QueuedAppend;
      readonly streamId: number;
      /** The stream has to be made first. */
      readonly newStream: boolean;
      readonly revision: number;
      readonly position: number;
    }
  /** Make it durable: `committed`. */
  | { readonly do: 'commit' }
  /** Undo the transaction: `rolledBack`. */
  | { readonly do: 'rollback' }
  /** Send the answers: `answered`. */
  | { readonly do: 'answer'; readonly answers: readonly Answer[] };

/** How the database stands when the writer begins. */
export interface Standing {
  /** Of the last event; 0 without any. */
  readonly position: number;
  readonly streamId: number;
}

/** Does one more fit? Asked by the writer and, against the same limits, by whoever feeds it from another thread. */
export const admits = (
  load: { readonly appends: number; readonly bytes: number },
  bytes: number,
  limits: Pick<WriterLimits, 'queueAppends' | 'queueBytes'>,
): boolean => load.appends < limits.queueAppends && load.bytes + bytes <= limits.queueBytes;

/**
 * The single writer as a state machine without I/O and without a clock. The driver asks for the `next` action, does it and
 * reports its outcome; between two reports `next` may be asked again, also after further `submit`s, so that appends that
 * arrive while a group is open still join it.
 *
 * - Appends are decided in the order of their arrival, on heads that count what the open group has written.
 * - No answer leaves before the group is durable, not even a conflict: it may rest on a neighbour's event.
 * - Rows that the engine refuses undo the group; its appends are then tried one by one, so that only the bad one fails.
 * - `broke` (a failed commit, or any error after which the database is in doubt) stops the writer for good and drops every
 *   head: what was in the group is unknown, what waited was never begun.
 */
export class Writer {
  readonly #limits: WriterLimits;
  readonly #heads: ReturnType<typeof headCache>;
  #durable: Standing;
  /** As `#durable`, with what the open group has written. */
  #reached: Standing;
  #queue: QueuedAppend[] = [];
  /** The entries of the queue before this one are in the group. */
  #taken = 0;
  #load = { appends: 0, bytes: 0 };
  #group: { readonly append: QueuedAppend; readonly answer: Answer }[] = [];
  #groupSize = { events: 0, bytes: 0 };
  #answers: Answer[] = [];
  #transaction: 'none' | 'open' | 'undo' = 'none';
  /** So many appends at the front of the queue get a transaction of their own. */
  #alone = 0;
  /** The front append has spoilt a transaction that held nothing else. */
  #refusedAlone = false;
  /** What comparing the ids of the front append came to; undefined before. */
  #compared: Answer | 'other' | undefined;
  #stopped = false;

  constructor(start: Standing, limits: WriterLimits = writerLimits) {
    this.#limits = limits;
    this.#heads = headCache(limits.cachedHeads);
    this.#durable = start;
    this.#reached = start;
  }

  /** How much is unanswered. */
  get load(): { readonly appends: number; readonly bytes: number } {
    return this.#load;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  submit(append: QueuedAppend): 'queued' | 'overloaded' {
    if (this.#stopped) {
      this.#answers.push({ status: 'unavailable' });
      return 'queued';
    }
    if (!admits(this.#load, append.bytes, this.#limits)) return 'overloaded';
    this.#load.appends += 1;
    this.#load.bytes += append.bytes;
    this.#queue.push(append);
    return 'queued';
  }

  next(): Action {
    if (this.#answers.length > 0) return { do: 'answer', answers: this.#answers };
    if (this.#transaction === 'undo') return { do: 'rollback' };
    for (let append = this.#front(); append && this.#groupTakes(append); append = this.#front()) {
      if (this.#transaction === 'none') return { do: 'begin' };
      const action = this.#decide(append);
      if (action) return action;
    }
    return this.#transaction === 'open' ? { do: 'commit' } : { do: 'wait' };
  }

  begun(): void {
    this.#transaction = 'open';
  }

  looked(head: Head | undefined): void {
    if (head === undefined) this.#reached = { ...this.#reached, streamId: this.#reached.streamId + 1 };
    this.#heads.set(this.#current().stream, head ?? { id: this.#reached.streamId, revision: NONE });
  }

  compared(rows: readonly { readonly eventId: string; readonly position: number }[]): void {
    const { expected, events } = this.#current();
    const [first, last] = [rows[0], rows.at(-1)];
    const same =
      rows.length === events.length && events.every(({ eventId }, at) => eventId === rows[at]?.eventId);
    this.#compared =
      same && first && last
        ? {
            status: 'appended',
            revision: expected + events.length,
            first: first.position,
            last: last.position,
            repeated: true,
          }
        : 'other';
  }

  wrote(): void {
    const { stream, events } = this.#current();
    const head = this.#heads.get(stream);
    if (!head) throw new Error(`nothing was to be written to ${stream}`);
    const revision = head.revision + events.length;
    const first = this.#reached.position + 1;
    const last = this.#reached.position + events.length;
    this.#heads.set(stream, { id: head.id, revision });
    this.#reached = { ...this.#reached, position: last };
    this.#take({ status: 'appended', revision, first, last });
  }

  /** The rows of the last `write` do not go in; the database is sound. */
  refused(): void {
    this.#transaction = 'undo';
    this.#refusedAlone = this.#group.length === 0;
    if (!this.#refusedAlone) this.#alone = Math.max(this.#alone, this.#group.length + 1);
  }

  rolledBack(): void {
    this.#queue = [...this.#group.map(({ append }) => append), ...this.#queue.slice(this.#taken)];
    this.#taken = 0;
    this.#compared = undefined;
    this.#heads.clear();
    this.#reached = this.#durable;
    this.#endGroup();
    if (!this.#refusedAlone) return;
    this.#refusedAlone = false;
    this.#take({ status: 'refused' });
    this.#settle();
  }

  committed(): void {
    this.#durable = this.#reached;
    this.#settle();
  }

  /** The transaction may or may not be durable, or the database can no longer be trusted. */
  broke(): void {
    this.#stopped = true;
    this.#heads.clear();
    const waiting = this.#queue.length - this.#taken;
    for (let at = 0; at < this.#group.length; at++) this.#answers.push({ status: 'unknown' });
    for (let at = 0; at < waiting; at++) this.#answers.push({ status: 'unavailable' });
    this.#queue = [];
    this.#taken = 0;
    this.#load = { appends: 0, bytes: 0 };
    this.#endGroup();
  }

  answered(): void {
    this.#answers = [];
  }

  #front(): QueuedAppend | undefined {
    return this.#queue[this.#taken];
  }

  #current(): QueuedAppend {
    const append = this.#front();
    if (!append) throw new Error('an outcome was reported, but no append is being decided');
    return append;
  }

  #groupTakes(append: QueuedAppend): boolean {
    if (this.#group.length === 0) return true;
    return (
      this.#alone === 0 &&
      this.#groupSize.events + append.events.length <= this.#limits.groupEvents &&
      this.#groupSize.bytes + append.bytes <= this.#limits.groupBytes
    );
  }

  /** The action that the front append needs; undefined once it is decided without one. */
  #decide(append: QueuedAppend): Action | undefined {
    const head = this.#heads.get(append.stream);
    if (!head) return { do: 'look', stream: append.stream };
    const { expected, events } = append;
    if (expected === ANY || expected === head.revision) {
      return {
        do: 'write',
        append,
        streamId: head.id,
        newStream: head.revision === NONE,
        revision: head.revision + 1,
        position: this.#reached.position + 1,
      };
    }
    // An append that was answered before, or whose answer was lost, gets the first answer again.
    if (this.#compared === undefined && expected + events.length <= head.revision) {
      return { do: 'compare', streamId: head.id, from: expected + 1, count: events.length };
    }
    const repeated = this.#compared === 'other' ? undefined : this.#compared;
    this.#take(repeated ?? { status: 'conflict', actual: head.revision });
    return undefined;
  }

  /** Moves the front append into the group. */
  #take(answer: Answer): void {
    const append = this.#current();
    this.#taken += 1;
    // Cut now and then: shifting each append off the front would move all that wait.
    if (this.#taken * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    this.#compared = undefined;
    this.#group.push({ append, answer });
    this.#groupSize.events += append.events.length;
    this.#groupSize.bytes += append.bytes;
  }

  /** The group's answers may leave. */
  #settle(): void {
    for (const { append, answer } of this.#group) {
      this.#answers.push(answer);
      this.#load.appends -= 1;
      this.#load.bytes -= append.bytes;
    }
    this.#alone = Math.max(0, this.#alone - this.#group.length);
    this.#endGroup();
  }

  #endGroup(): void {
    this.#group = [];
    this.#groupSize = { events: 0, bytes: 0 };
    this.#transaction = 'none';
  }
}
