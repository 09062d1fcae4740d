import type { DocumentStore } from '#domain/kernel/ports/document-store.ts';
import type { Database } from './database.ts';
import { DocumentReading } from './document-reading.ts';
import type { Writing } from './writing.ts';

/** Documents: changed by the thread that writes, read on this one. */
export function sqliteDocuments(database: Database, writing: Writing): DocumentStore {
  const reading = new DocumentReading(database);
  return {
    declare: (collection) => writing.operate('declare', collection),
    drop: (collection) => writing.operate('drop', collection),
    get: async (collection, ids) => reading.get(collection, ids),
    find: async (collection, query) => reading.find(collection, query),
    scan: async (collection, afterId, limit) => reading.scan(collection, afterId, limit),
  };
}
