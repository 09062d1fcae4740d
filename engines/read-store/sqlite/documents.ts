import type { DocumentStore } from '#domain/kernel/ports/document-store.ts';
import type { Database } from './database.ts';
import { DocumentReading } from './document-reading.ts';
import { reading } from './reading.ts';
import type { Writing } from './writing.ts';

/** Documents: changed by the thread that writes, read on this one. */
export function sqliteDocuments(database: Database, writing: Writing): DocumentStore {
  const rows = new DocumentReading(database);
  return {
    declare: (collection) => writing.operate('declare', collection),
    drop: (collection) => writing.operate('drop', collection),
    get: async (collection, ids) => reading(() => rows.get(collection, ids)),
    find: async (collection, query) => reading(() => rows.find(collection, query)),
    scan: async (collection, afterId, limit) => reading(() => rows.scan(collection, afterId, limit)),
  };
}
