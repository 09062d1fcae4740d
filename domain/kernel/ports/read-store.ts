import type { JsonObject } from '../canonical.ts';
import type { Position } from '../envelope.ts';
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
  readonly since: string;
  readonly positions: readonly Position[];
  /** An operator has asked for another try. */
  readonly retry: boolean;
}

/** A change of the parked list, committed with the checkpoint that passes the events. */
export type ParkedChange =
  | {
      readonly change: 'park';
      readonly key: string;
      readonly error: string;
      readonly positions: readonly Position[];
    }
  | { readonly change: 'append'; readonly key: string; readonly positions: readonly Position[] }
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

/**
 * Documents, checkpoints, leases and parked keys. May be lost: everything in it is rebuilt from the history. A write at
 * or below the position of the document that is there is a no-op.
 */
export interface ReadStore {
  /** Creates what is missing; safe to repeat. */
  declare(collection: CollectionSpec): Promise<void>;
  drop(collection: string): Promise<void>;
  get(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  find(collection: string, query: Query): Promise<Page<JsonObject>>;
  /** Documents in order of id, tombstones left out: for verify and export. */
  scan(collection: string, afterId: string | undefined, limit: number): Promise<readonly StoredDocument[]>;
  /** Takes or renews the lease when it is free, ours, or past its time. `undefined`: another owner holds it. */
  lease(consumer: string, owner: string, nowMs: number, ttlMs: number): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;
  /** All of it or nothing. `fenced`: another owner has come since; nothing was written. */
  commit(commit: Commit): Promise<'committed' | 'fenced'>;
  checkpoint(consumer: string): Promise<Position | undefined>;
  parked(consumer?: string): Promise<readonly ParkedKey[]>;
  isParked(consumer: string, key: string): Promise<boolean>;
  requestRetry(consumer: string, key: string | undefined): Promise<number>;
  /** Small named values: which build of a view is live, the history's epoch. `expected` undefined: whatever is there. */
  setting(name: string): Promise<string | undefined>;
  putSetting(name: string, value: string, expected?: string): Promise<boolean>;
  /** Snapshots of streams; a lost one is made again. */
  readSnapshot(stream: string): Promise<JsonObject | undefined>;
  writeSnapshot(stream: string, snapshot: JsonObject): Promise<void>;
  close(): Promise<void>;
}
