import type { JsonObject } from '../canonical.ts';
import type { Position } from '../envelope.ts';
import type { Page, Query } from './query.ts';

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

/** Limits of every engine behind the port. */
export const documentLimits = {
  pageDocuments: 200,
  scanDocuments: 1_000,
  idsPerGet: 1_000,
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

/**
 * Documents in collections. They are written by a consumer's commit alone, with its checkpoint (`consumer-store.ts`); a write
 * at or below the position of the document that is there is a no-op.
 */
export interface DocumentStore {
  /** Creates what is missing; safe to repeat. */
  declare(collection: CollectionSpec): Promise<void>;
  drop(collection: string): Promise<void>;
  /** @throws NoSuchCollectionError; RangeError for more than `documentLimits.idsPerGet` ids */
  get(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>>;
  /** @throws NoSuchCollectionError; RejectedError with `invalid` for a query or a cursor that makes no sense. */
  find(collection: string, query: Query): Promise<Page<JsonObject>>;
  /** Documents in order of id (of its UTF-8), tombstones left out: for verify and export. @throws NoSuchCollectionError */
  scan(collection: string, afterId: string | undefined, limit: number): Promise<readonly StoredDocument[]>;
}
