import type { JsonObject } from '../canonical.ts';
import type { Position, StoredEvent } from '../envelope.ts';
import type { Instant } from '../instant.ts';
import type { Standing } from './standing.ts';

/**
 * An event on its way into a stream. The id is what settles an append whose outcome is unknown. Data and metadata belong
 * to the store once handed in: followers of the same process may be given these very objects, so nobody changes them.
 */
export interface EventToAppend {
  /** UUIDv7 by the caller; never reused for another event. */
  readonly eventId: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** The revision of the last event the writer knows of, or that there is none yet, or that it does not matter. */
export type ExpectedRevision = number | 'none' | 'any';

export type AppendResult =
  | {
      readonly status: 'appended';
      /** Of the last event written. */
      readonly revision: number;
      readonly position: Position;
      /** Of each event written, in order, where the engine tells (EventStoreDB tells only the last). */
      readonly positions: readonly Position[] | undefined;
      /**
       * Of each event written, where the engine tells and wrote them just now; with `positions` it saves the writer reading
       * its events back.
       */
      readonly recordedAt?: Instant;
    }
  | { readonly status: 'conflict'; readonly actual: number | 'none' };

export interface EventFilter {
  /** Any of these prefixes of a stream's name. */
  readonly streams?: readonly string[];
  /** Any of these types. Both given: both must hold. */
  readonly types?: readonly string[];
}

export interface Batch {
  /** In order of position, all matching the filter; may be empty. */
  readonly events: readonly StoredEvent[];
  /** Every matching event up to here has been delivered with this batch or an earlier one. */
  readonly through: Position;
  /** True once history is behind: the batch came as it happened. */
  readonly live: boolean;
}

export interface FollowOptions {
  /** Deliver what stands behind this position. */
  readonly after: Position;
  readonly filter?: EventFilter;
  readonly signal: AbortSignal;
}

export type StoreErrorCode =
  /** The append may have been applied or not: read the stream, or repeat with the same ids and revision. */
  | 'unknown_outcome'
  /** Nothing was done; it may work later. */
  | 'unavailable'
  /** Nothing was done; too much waits. */
  | 'overloaded'
  /** Nothing was done; the event cannot be stored as it is. */
  | 'invalid_event'
  /** Another process writes to this store. */
  | 'second_writer'
  /** The file is damaged, or of a newer version. */
  | 'unreadable'
  | 'closed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

/** Limits of every engine behind the port. Sizes are of the JSON text in UTF-8. */
export const storeLimits = {
  eventBytes: 256 * 1024,
  /** In one append: EventStoreDB's live buffer drops subscribers beyond some hundreds. */
  eventsPerAppend: 100,
  appendBytes: 1024 * 1024,
  pageEvents: 1_000,
} as const;

/**
 * The one history. An append touches one stream and is atomic and durable when it answers. It fits EventStoreDB as it
 * is: positions have gaps and exceed 2^53, subscriptions die and are resumed by whoever follows.
 */
export interface EventStore {
  /** Names this history; a restored or emptied store has another. */
  readonly epoch: string;
  /** Whoever has this store open to write is the only one who does: what they know of a stream cannot be out of date. */
  readonly soleWriter?: true;
  /** @throws StoreError */
  append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult>;
  /** One page of at most `limit` events (1 to 1,000). `from` is included; backwards starts at the end by default. */
  readStream(
    stream: string,
    options: { from?: number; direction?: 'forwards' | 'backwards'; limit: number },
  ): Promise<readonly StoredEvent[]>;
  /**
   * One page of the whole history. Forwards: behind `after`. Backwards: before `after` (the end when left out).
   * `through` is how far the search came, which may be further than the last match; `end` says nothing is left.
   */
  readAll(options: {
    after?: Position;
    direction?: 'forwards' | 'backwards';
    limit: number;
    filter?: EventFilter;
  }): Promise<{ readonly events: readonly StoredEvent[]; readonly through: Position; readonly end: boolean }>;
  /**
   * History first, then live, without gap or duplicate, until the signal. Ends with a StoreError when the engine drops
   * it: follow again from the last `through` that was processed.
   */
  follow(options: FollowOptions): AsyncIterable<Batch>;
  /** The position of the last event; 0n in an empty store. */
  head(): Promise<Position>;
  /** How the engine is doing, without asking it. */
  standing(): Standing;
  close(): Promise<void>;
}
