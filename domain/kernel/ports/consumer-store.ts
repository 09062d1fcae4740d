import type { Position } from '../envelope.ts';
import type { Instant } from '../instant.ts';
import type { DocumentWrite } from './document-store.ts';

/** A key that waits in a consumer: the event that failed and those of the key behind it, as positions, in order. */
export interface ParkedKey {
  readonly consumer: string;
  readonly key: string;
  readonly error: string;
  readonly since: Instant;
  /** The first that wait, in order; at most `consumerStoreLimits.parkedPositions`. */
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
  /** Where the consumer stands, as far as its owner knows. */
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

/** Limits of every engine behind the port. */
export const consumerStoreLimits = {
  writesPerCommit: 20_000,
  /** Of a parked key, in one answer. */
  parkedPositions: 500,
} as const;

/** How far each consumer is, who runs it, and what waits in it; and the one way by which documents are written. */
export interface ConsumerStore {
  /**
   * Takes or renews the lease when it is free, ours, or past its time. `undefined`: another owner holds it.
   *
   * @param inherits whoever else holds it is known to have ended, so that its time need not be over; if it has not, it is fenced off
   */
  lease(
    consumer: string,
    owner: string,
    nowMs: number,
    ttlMs: number,
    inherits?: boolean,
  ): Promise<Lease | undefined>;
  release(lease: Lease): Promise<void>;
  /**
   * Documents, checkpoint and parked keys: all of it or nothing. `fenced`: another owner has come since, or the checkpoint is not where
   * the lease says, because what is stored was put back to an earlier moment; nothing was written. One that finds the checkpoint where
   * it would move it is a repeat, and done again.
   *
   * @throws NoSuchCollectionError; RangeError for more than `consumerStoreLimits.writesPerCommit` writes
   */
  commit(commit: Commit): Promise<'committed' | 'fenced'>;
  checkpoint(consumer: string): Promise<Position | undefined>;
  /** In order of their names; with those that stand for a process or a wish (`member:`, `wanted:`), which never have a checkpoint. */
  all(): Promise<readonly ConsumerRecord[]>;
  /** Forgets a consumer: checkpoint, lease, parked keys. Whoever still runs it is fenced off. */
  forget(consumer: string): Promise<void>;
  parked(consumer?: string): Promise<readonly ParkedKey[]>;
  isParked(consumer: string, key: string): Promise<boolean>;
  /** Marks the key (or all of the consumer) for another try; answers how many. */
  requestRetry(consumer: string, key: string | undefined): Promise<number>;
}
