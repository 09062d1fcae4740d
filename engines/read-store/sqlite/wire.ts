import type { Commit, Lease, ParkedChange } from '#domain/kernel/ports/consumer-store.ts';
import type { CollectionSpec } from '#domain/kernel/ports/document-store.ts';
import type { SwitchOver } from '#domain/kernel/ports/setting-store.ts';

/** Of one document: collection, id, key, position, and its JSON as text or null for a tombstone. */
export type FlatWrites = (string | bigint | null)[];

/** A commit between the threads. Flat, because cloning an object for each document would cost more than writing it. */
export interface FlatCommit {
  readonly lease: Lease;
  readonly writes: FlatWrites;
  readonly checkpoint: bigint;
  readonly parked: readonly ParkedChange[];
}

const FIELDS_PER_WRITE = 5;

export function flatCommit({ lease, writes, checkpoint, parked }: Commit): FlatCommit {
  const flat: FlatWrites = [];
  for (const { collection, id, key, position, body } of writes)
    flat.push(collection, id, key, position, body === null ? null : JSON.stringify(body));
  return { lease, writes: flat, checkpoint, parked };
}

/** A document as it is written: its body is text already. */
export interface TextWrite {
  readonly collection: string;
  readonly id: string;
  readonly key: string;
  readonly position: bigint;
  readonly body: string | null;
}

export function* writesOf(flat: FlatWrites): Generator<TextWrite> {
  for (let at = 0; at < flat.length; at += FIELDS_PER_WRITE)
    yield {
      collection: flat[at] as string,
      id: flat[at + 1] as string,
      key: flat[at + 2] as string,
      position: flat[at + 3] as bigint,
      body: flat[at + 4] as string | null,
    };
}

/** Everything that changes the store: the name of each operation, what it takes and what it answers. */
export interface Operations {
  declare(collection: CollectionSpec): void;
  drop(collection: string): void;
  lease(consumer: string, owner: string, nowMs: number, ttlMs: number, inherits?: boolean): Lease | undefined;
  release(lease: Lease): void;
  forget(consumer: string): void;
  requestRetry(consumer: string, key: string | undefined): number;
  putSetting(name: string, value: string, expected: string | null | undefined): boolean;
  switchOver(change: SwitchOver): boolean;
  /** As JSON; null takes it away. */
  writeSnapshot(name: string, snapshot: string | null): void;
  reset(): void;
}

export type Operation = {
  readonly [Name in keyof Operations]: {
    readonly kind: 'operation';
    readonly number: number;
    readonly name: Name;
    readonly values: Parameters<Operations[Name]>;
  };
}[keyof Operations];

export type ToWorker =
  | Operation
  | { readonly kind: 'commit'; readonly number: number; readonly commit: FlatCommit }
  /** Write what waits, then end. */
  | { readonly kind: 'close' };

/** What an error is on the other side: its class does not travel. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of SQLite. */
  readonly errcode: number | undefined;
  /** The collection that is not there. */
  readonly collection: string | undefined;
}

export type Outcome =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly error: WireError };

export type FromWorker =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  /** The file could not be opened, and the thread ends. */
  | { readonly kind: 'failed'; readonly error: WireError };

export interface WorkerStart {
  readonly path: string;
}
