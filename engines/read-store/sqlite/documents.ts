import type { DocumentStore } from '#domain/kernel/ports/document-store.ts';
import type { Database } from './database.ts';
import { DocumentReading } from './document-reading.ts';
import type { Reading } from './reading.ts';
import type { Writing } from './writing.ts';

/** Documents: changed by the thread that writes, read on this one. */
export function sqliteDocuments(database: Database, writing: Writing, reading: Reading): DocumentStore {
  const rows = new DocumentReading(database);
  return {
    declare: (collection) => writing.operate('declare', collection),
    drop: (collection) => writing.operate('drop', collection),
    get: async (collection, ids) => reading.now(() => rows.get(collection, ids)),
    find: async (collection, query) => reading.now(() => rows.find(collection, query)),
    scan: async (collection, afterId, limit) => reading.now(() => rows.scan(collection, afterId, limit)),
  };
}
