import type { ConsumerStore } from './consumer-store.ts';
import type { DocumentStore } from './document-store.ts';
import type { SettingStore } from './setting-store.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import type { Standing } from './standing.ts';

/** What reads at one moment may ask. */
export interface OneMoment {
  readonly documents: Pick<DocumentStore, 'scan'>;
  readonly consumers: Pick<ConsumerStore, 'checkpoint'>;
  readonly settings: Pick<SettingStore, 'get'>;
}

/** The store could not be read or written: its server is away, its disk fails, or its file is damaged. It may work later. */
export class ReadStoreError extends Error {
  readonly code = 'unavailable';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadStoreError';
  }
}

/**
 * The four ports of what may be lost, because it is made again from the history. Documents, consumers and settings are of
 * one engine: a commit and a switch-over change two of them as one. Whoever needs one port is handed that one. Whatever
 * reads or writes may throw a {@link ReadStoreError}.
 */
export interface ReadStore {
  readonly documents: DocumentStore;
  readonly consumers: ConsumerStore;
  readonly settings: SettingStore;
  readonly snapshots: SnapshotStore;
  /** Reads at one moment, for as long as the engine can keep it. Nothing else may be asked of the moment when `read` has settled. */
  atOneMoment<T>(read: (at: OneMoment) => Promise<T>): Promise<T>;
  /** Empties all four: they belong to another history. */
  reset(): Promise<void>;
  /** How the engine is doing, without asking it. */
  standing(): Standing;
  close(): Promise<void>;
}
