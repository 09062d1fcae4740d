import type { JsonObject } from '#domain/kernel/canonical.ts';
import {
  type ReadSnapshot,
  type ReadStore,
  ReadStoreError,
  readStoreLimits,
} from '#domain/kernel/ports/read-store.ts';
import { sqliteCode } from '../../database-file.ts';
import { Consumers } from './consumers.ts';
import { Database, openDatabase } from './database.ts';
import { Documents } from './documents.ts';
import { settingOf } from './operations.ts';
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
  const documents = new Documents(database);
  const consumers = new Consumers(database);
  const writing = writingTo(database.path);

  return {
    declare: (collection) => writing.operate('declare', collection),
    drop: (collection) => writing.operate('drop', collection),
    get: async (collection, ids) => reading(() => documents.get(collection, ids)),
    find: async (collection, query) => reading(() => documents.find(collection, query)),
    scan: async (collection, afterId, limit) => reading(() => documents.scan(collection, afterId, limit)),
    snapshot: (read) => snapshotOf(database.path, read),
    lease: (consumer, owner, nowMs, ttlMs) => writing.operate('lease', consumer, owner, nowMs, ttlMs),
    release: (lease) => writing.operate('release', lease),
    async commit(commit) {
      if (commit.writes.length > readStoreLimits.writesPerCommit)
        throw new RangeError('too many writes in one commit');
      return writing.commit(commit);
    },
    checkpoint: async (consumer) => reading(() => consumers.checkpoint(consumer)),
    consumers: async () => reading(() => consumers.all()),
    forget: (consumer) => writing.operate('forget', consumer),
    parked: async (consumer) => reading(() => consumers.parked(consumer)),
    isParked: async (consumer, key) => reading(() => consumers.isParked(consumer, key)),
    requestRetry: (consumer, key) => writing.operate('requestRetry', consumer, key),
    setting: async (name) => reading(() => settingOf(database, name)),
    putSetting: (name, value, expected) => writing.operate('putSetting', name, value, expected),
    switchOver: (change) => writing.operate('switchOver', change),
    async readSnapshot(name) {
      const body = reading(() => database.one('SELECT body FROM snapshots WHERE stream = ?', name)?.body);
      return body === undefined ? undefined : (JSON.parse(String(body)) as JsonObject);
    },
    writeSnapshot: (name, snapshot) =>
      writing.operate('writeSnapshot', name, snapshot === null ? null : JSON.stringify(snapshot)),
    reset: () => writing.operate('reset'),
    async close() {
      await writing.close();
      database.close();
    },
  };
}

/** What SQLite itself fails with, as the port names it; what the store says of a query is left as it is. */
const readFailure = (error: unknown): unknown =>
  error instanceof Error && sqliteCode(error) !== undefined
    ? new ReadStoreError(`views.db cannot be read: ${error.message}`, { cause: error })
    : error;

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readFailure(error);
  }
}

/** A connection of its own, because a transaction belongs to a connection and reading awaits between its steps. */
async function snapshotOf<T>(path: string, read: (at: ReadSnapshot) => Promise<T>): Promise<T> {
  const database = reading(() => new Database(path, { readOnly: true }));
  try {
    database.execute('BEGIN');
    const documents = new Documents(database);
    const consumers = new Consumers(database);
    return await read({
      checkpoint: async (consumer) => consumers.checkpoint(consumer),
      setting: async (name) => settingOf(database, name),
      scan: async (collection, afterId, limit) => documents.scan(collection, afterId, limit),
    });
  } catch (error) {
    throw readFailure(error);
  } finally {
    database.close();
  }
}
