import type { Position, RecordedEvent, StoredEvent } from '../envelope.ts';
import type { DocumentWrite } from './document-store.ts';
import type { EventFilter } from './event-store.ts';

/** What handling a batch came to. Writes, checkpoint and newly parked keys are committed together. */
export interface Handled {
  readonly writes: readonly DocumentWrite[];
  /** At most one for each key: the first event of it that could not be handled. Later ones of the key must not be applied. */
  readonly failures: readonly {
    readonly key: string;
    readonly event: RecordedEvent;
    readonly error: Error;
  }[];
}

/** What a consumer does with events. `Data`: what it has read of them. */
export interface Handler<Data extends object = object> {
  /** Unique: `view:auctions@3`, `reaction:bid-funding`, `saga:settlement`. Its checkpoint is kept under it. */
  readonly name: string;
  readonly filter: EventFilter;
  /**
   * Into how many parts the keys are divided (1 to 64, by hash of the key; default 1). Each has its own lease and its own
   * checkpoint under `name#0` and so on, and may be run by another process. Once chosen, it stays.
   */
  readonly partitions?: number;
  /** At most so many events are handled and committed at once (1 to 5,000; default 500): more, where each time costs more than each event. */
  readonly most?: number;
  /**
   * The handler must forget what it remembers of documents: another owner may have changed them, or a commit failed.
   *
   * @param isFresh nothing of this consumer has ever been committed, and it has one part: what it will remember is all that there is
   */
  forget?(isFresh: boolean): void;
  /** How it has an event read; by default by the registry. What it throws is met as what {@link Registry.decode} throws. */
  readonly read?: (stored: StoredEvent) => RecordedEvent<string, Data>;
  /** What it throws parks the event under the name of its stream, before `handle` has met it. */
  key(event: RecordedEvent<string, Data>): string;
  /** The same key where the stream alone tells it: an event that is another part's is then passed over unread. */
  readonly keyOfStream?: (stream: string) => string;
  /**
   * The events of a batch in order, those of parked keys left out. It may be called again with the same events after a
   * crash or a lost fence. A rejection of the promise means "not now" (the batch is repeated after a pause); what is wrong
   * with one key alone is a failure.
   */
  handle(events: readonly RecordedEvent<string, Data>[], signal: AbortSignal): Promise<Handled>;
}

export interface ConsumerStatus {
  readonly name: string;
  readonly state: 'catching-up' | 'live' | 'waiting-for-lease' | 'stopped' | 'newer-event';
  readonly position: Position;
  readonly parkedKeys: number;
  /** Events handled since the start, parked ones left out. */
  readonly handled: number;
  /** The parts whose lease this process has, by the names that their checkpoints are kept under. */
  readonly held: readonly string[];
  /** Why it does not run, or what its last repeat was for. */
  readonly problem: string | undefined;
  /** Why the first of the parked keys waits, where no list of parked keys says so. */
  readonly parkedFor?: string;
}

export interface Consumer {
  readonly name: string;
  status(): ConsumerStatus;
  /** Resolves when the checkpoint is at or behind `position`; false after the time. */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  /** The same of the parts alone whose lease this process has: of the others another process can tell. */
  reachedHere(position: Position, timeoutMs: number): Promise<boolean>;
  /** Ends after the batch at work is committed. */
  stop(): Promise<void>;
}

/** Starts the one consumer loop over a handler: follow → handle → checkpoint, park, fence. */
export type Consume = (handler: Handler, options?: { readonly from?: Position }) => Promise<Consumer>;

const UNKEYED = 'unkeyed:';
/** Under this name an event of the stream waits that belongs to nobody knows which key. */
export const unkeyedOf = (stream: string): string => `${UNKEYED}${stream}`;
export const isUnkeyed = (key: string): boolean => key.startsWith(UNKEYED);
