import type { JsonObject } from '../canonical.ts';
import type { Position } from '../envelope.ts';
import type { Instant } from '../instant.ts';
import type { Page, Query } from './views.ts';

/** A physical collection: one build of one version of a view, or one of the runtimes' own. */
export interface CollectionSpec {
  readonly name: string;
  readonly indexes: readonly {
    readonly name: string;
    readonly fields: readonly { readonly path: string; readonly as: 'text' | 'integer' }[];
  }[];
  /** Paths for full-text search. */
  readonly text: readonly string[];
}

export interface StoredDocument {
  readonly id: string;
  readonly key: string;
  /** The event that wrote it. */
  readonly position: Position;
  /** null: a tombstone, which guards against older writes. */
  readonly body: JsonObject | null;
}

export interface DocumentWrite extends StoredDocument {
  readonly collection: string;
}

/** A key that waits in a consumer: the event that failed and those of the key behind it, as positions, in order. */
export interface ParkedKey {
  readonly consumer: string;
  readonly key: string;
  readonly error: string;
  readonly since: Instant;
  /** The first that wait, in order; at most `readStoreLimits.parkedPositions`. */
  readonly positions: readonly Position[];
  /** How many wait in all. */
  readonly waiting: number;
  /** An operator has asked for another try. */
  readonly retry: boolean;
}

/** A change of the parked list, committed with the checkpoint that passes the events. */
export type ParkedChange =
  /** Parks the key, or says that another try failed: the wish to retry is taken back, `since` stays. */
  | {
      readonly change: 'park';
      readonly key: string;
      readonly error: string;
      readonly at: Instant;
      readonly positions: readonly Position[];
    }
  | { readonly change: 'append'; readonly key: string; readonly positions: readonly Position[] }
  /** What waited up to here has been handled. */
  | { readonly change: 'advance'; readonly key: string; readonly through: Position }
  | { readonly change: 'release'; readonly key: string };

/** Who may move a checkpoint. A later owner has a larger epoch; an older one is fenced off. */
export interface Lease {
  readonly consumer: string;
  readonly owner: string;
  readonly epoch: number;
  readonly checkpoint: Position;
}

export interface Commit {
  readonly lease: Lease;
  readonly writes: readonly DocumentWrite[];
  readonly checkpoint: Position;
  readonly parked: readonly ParkedChange[];
}

/** What the store knows of a consumer, whoever runs it. */
export interface ConsumerRecord {
  readonly consumer: string;
  readonly checkpoint: Position | undefined;
  readonly owner: string | undefined;
  /** Until when the owner holds it, in milliseconds since 1970 by the owner's clock. */
  readonly leasedUntilMs: number;
}

/** The store at one moment, however long the reading takes. */
export interface ReadSnapshot {
  checkpoint(consumer: string): Promise<Position | undefined>;
  setting(name: string): Promise<string | undefined>;
  scan(collection: string, afterId: string | undefined, limit: number): Promise<readonly StoredDocument[]>;
}

/** A setting that changes only if one consumer is at least as far as another. */
export interface SwitchOver {
  readonly setting: string;
  readonly expected: string;
  readonly value: string;
  /** The one that takes over. */
  readonly consumer: string;
  /** The one it replaces; undefined: nothing to catch up with. */
  readonly notBehind: string | undefined;
}

/** Limits of every engine behind the port. */
export const readStoreLimits = {
  pageDocuments: 200,
  scanDocuments: 1_000,
  idsPerGet: 1_000,
  writesPerCommit: 20_000,
  /** Of a parked key, in one answer. */
  parkedPositions: 500,
  /** An opaque cursor, in characters. */
  cursorLength: 2_048,
  filterConditions: 50,
  textWords: 16,
} as const;

/** The collection was dropped or never declared; a reader looks again which one is live. */
export class NoSuchCollectionError extends Error {
  readonly collection: string;
  constructor(collection: string) {
    super(`there is no collection ${collection}`);
    this.collection = collection;
    this.name = 'NoSuchCollectionError';
  }
}

/** The store could not be read: its disk fails, or its file is damaged. It may work later. */
export class ReadStoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadStoreError';
  }
}

/**
 * Documents, checkpoints, leases and parked keys. Whatever reads may throw a {@link ReadStoreError}. May be lost: everything in it is rebuilt from the history. A write at
 * or below the position of the document that is there is a no-op.
 */
export interface ReadStore {
  /** Creates what is missing; safe to repeat. */
  declare(collection: CollectionSpec): Promise<void>;
  drop(collection: string): Promise<void>;
  /** @throws NoSuchCollectionError */
  get(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  /** @throws NoSuchCollectionError; RejectedError with `invalid` for a query or a cursor that makes no sense. */
  find(collection: string, query: Query): Promise<Page<JsonObject>>;
  /** Documents in order of id (of its UTF-8), tombstones left out: for verify and export. */
  scan(collection: string, afterId: string | undefined, limit: number): Promise<readonly StoredDocument[]>;
  /** Reads at one moment. Nothing else may be asked of the snapshot when `read` has settled. */
  snapshot<T>(read: (at: ReadSnapshot) => Promise<T>): Promise<T>;
  /** Takes or renews the lease when it is free, ours, or past its time. `undefined`: another owner holds it. */
  lease(consumer: string, owner: string, nowMs: number, ttlMs: number): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;
  /** All of it or nothing. `fenced`: another owner has come since; nothing was written. */
  commit(commit: Commit): Promise<'committed' | 'fenced'>;
  checkpoint(consumer: string): Promise<Position | undefined>;
  consumers(): Promise<readonly ConsumerRecord[]>;
  /** Forgets a consumer: checkpoint, lease, parked keys. Whoever still runs it is fenced off. */
  forget(consumer: string): Promise<void>;
  parked(consumer?: string): Promise<readonly ParkedKey[]>;
  isParked(consumer: string, key: string): Promise<boolean>;
  /** Marks the key (or all of the consumer) for another try; answers how many. */
  requestRetry(consumer: string, key: string | undefined): Promise<number>;
  /** Small named values: which build of a view is live, the history's epoch. */
  setting(name: string): Promise<string | undefined>;
  /** `expected` undefined: whatever is there; null: nothing is there. False: something else is there, nothing was done. */
  putSetting(name: string, value: string, expected?: string | null): Promise<boolean>;
  /** False: the setting is not as expected, or the consumer is behind; nothing was done. */
  switchOver(change: SwitchOver): Promise<boolean>;
  /** Snapshots of streams, and what lies beside them, by name; a lost one is made again. */
  readSnapshot(name: string): Promise<JsonObject | undefined>;
  /** null: takes it away. */
  writeSnapshot(name: string, snapshot: JsonObject | null): Promise<void>;
  /** Empties the store: it belongs to another history. */
  reset(): Promise<void>;
  close(): Promise<void>;
}
