import type { OneMoment, ReadStore } from '#domain/kernel/ports/read-store.ts';
import { ConsumerRows } from './consumer-rows.ts';
import { sqliteConsumers } from './consumers.ts';
import { Database, openDatabase } from './database.ts';
import { DocumentReading } from './document-reading.ts';
import { sqliteDocuments } from './documents.ts';
import { readFailure, reading } from './reading.ts';
import { settingOf } from './setting-rows.ts';
import { sqliteSettings } from './settings.ts';
import { sqliteSnapshots } from './snapshots.ts';
import { writingTo } from './writing.ts';

export interface SqliteReadStoreOptions {
  /** Where `views.db` lies; created when it is not there. */
  readonly folder: string;
  /** Told, in a sentence for the operator, when a file that is damaged or of another version was set aside. */
  readonly onSetAside?: (told: string) => void;
}

/**
 * Read models in SQLite: written by a thread of their own, read on this one. Several processes may open it; a commit is
 * one transaction. What the last moments wrote may be lost with the machine (`synchronous=NORMAL`), checkpoints with it,
 * so that it is made again from the history.
 */
export function openSqliteReadStore({ folder, onSetAside }: SqliteReadStoreOptions): ReadStore {
  const database = openDatabase(folder, onSetAside);
  const writing = writingTo(database.path);
  return {
    documents: sqliteDocuments(database, writing),
    consumers: sqliteConsumers(database, writing),
    settings: sqliteSettings(database, writing),
    snapshots: sqliteSnapshots(database, writing),
    atOneMoment: (read) => atOneMoment(database.path, read),
    reset: () => writing.operate('reset'),
    async close() {
      await writing.close();
      database.close();
    },
  };
}

/** A connection of its own, because a transaction belongs to a connection and reading awaits between its steps. */
async function atOneMoment<T>(path: string, read: (at: OneMoment) => Promise<T>): Promise<T> {
  const database = reading(() => new Database(path, { readOnly: true }));
  try {
    database.execute('BEGIN');
    const documents = new DocumentReading(database);
    const consumers = new ConsumerRows(database);
    return await read({
      documents: { scan: async (collection, afterId, limit) => documents.scan(collection, afterId, limit) },
      consumers: { checkpoint: async (consumer) => consumers.checkpoint(consumer) },
      settings: { get: async (name) => settingOf(database, name) },
    });
  } catch (error) {
    throw readFailure(error);
  } finally {
    database.close();
  }
}
