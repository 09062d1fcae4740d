import { basename } from 'node:path';
import type { OneMoment, ReadStore } from '#domain/kernel/ports/read-store.ts';
import { wallClock } from '../../clock/wall.ts';
import { watched } from '../../standing.ts';
import { ConsumerRows } from './consumer-rows.ts';
import { sqliteConsumers } from './consumers.ts';
import { Database, openDatabase } from './database.ts';
import { DocumentReading } from './document-reading.ts';
import { sqliteDocuments } from './documents.ts';
import { type Reading, readingOf } from './reading.ts';
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
  const engine = watched(`sqlite:${basename(database.path)}`, wallClock());
  const writing = writingTo(database.path, engine);
  const reading = readingOf(engine);
  return {
    documents: sqliteDocuments(database, writing, reading),
    consumers: sqliteConsumers(database, writing, reading),
    settings: sqliteSettings(database, writing, reading),
    snapshots: sqliteSnapshots(database, writing, reading),
    atOneMoment: (read) => atOneMoment(database.path, reading, read),
    reset: () => writing.operate('reset'),
    standing: engine.standing,
    async close() {
      await writing.close();
      database.close();
    },
  };
}

/** A connection of its own, because a transaction belongs to a connection and reading awaits between its steps. */
async function atOneMoment<T>(
  path: string,
  reading: Reading,
  read: (at: OneMoment) => Promise<T>,
): Promise<T> {
  const database = reading.now(() => new Database(path, { readOnly: true }));
  try {
    return await reading.inSteps(async () => {
      database.execute('BEGIN');
      const documents = new DocumentReading(database);
      const consumers = new ConsumerRows(database);
      return read({
        documents: {
          scan: async (collection, afterId, limit) => documents.scan(collection, afterId, limit),
        },
        consumers: { checkpoint: async (consumer) => consumers.checkpoint(consumer) },
        settings: { get: async (name) => settingOf(database, name) },
      });
    });
  } finally {
    database.close();
  }
}
