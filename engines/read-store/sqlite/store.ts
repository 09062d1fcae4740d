import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { ReadSnapshot, ReadStore } from '#domain/kernel/ports/read-store.ts';
import { Consumers } from './consumers.ts';
import { Database, openDatabase } from './database.ts';
import { Documents } from './documents.ts';
import { groupCommit } from './group-commit.ts';

export interface SqliteReadStoreOptions {
  /** Where `views.db` lies; created when it is not there. */
  readonly folder: string;
}

/**
 * Read models in SQLite. Several processes may open it; a commit is one transaction. What the last moments wrote may be
 * lost with the machine (`synchronous=NORMAL`), checkpoints with it, so that it is made again from the history.
 */
export function openSqliteReadStore({ folder }: SqliteReadStoreOptions): ReadStore {
  const database = openDatabase(folder);
  const documents = new Documents(database);
  const consumers = new Consumers(database);
  const settingOf = (from: Database, name: string): string | undefined =>
    from.one('SELECT value FROM settings WHERE name = ?', name)?.value?.toString();

  const commits = groupCommit(
    (work) => database.transaction(work),
    ({ lease, writes, checkpoint, parked }) => {
      if (!consumers.moveCheckpoint(lease, checkpoint)) return 'fenced';
      documents.write(writes);
      for (const change of parked) consumers.changeParked(lease.consumer, change);
      return 'committed';
    },
  );

  return {
    declare: async (collection) => documents.declare(collection),
    drop: async (collection) => documents.drop(collection),
    get: async (collection, ids) => documents.get(collection, ids),
    find: async (collection, query) => documents.find(collection, query),
    scan: async (collection, afterId, limit) => documents.scan(collection, afterId, limit),
    snapshot: (read) => snapshotOf(database.path, read),
    lease: async (consumer, owner, nowMs, ttlMs) => consumers.lease(consumer, owner, nowMs, ttlMs),
    release: async (lease) => consumers.release(lease),
    commit: (commit) => commits.commit(commit),
    checkpoint: async (consumer) => consumers.checkpoint(consumer),
    consumers: async () => consumers.all(),
    forget: async (consumer) => consumers.forget(consumer),
    parked: async (consumer) => consumers.parked(consumer),
    isParked: async (consumer, key) => consumers.isParked(consumer, key),
    requestRetry: async (consumer, key) => consumers.requestRetry(consumer, key),
    setting: async (name) => settingOf(database, name),
    putSetting: async (name, value, expected) =>
      database.transaction(() => {
        if (expected !== undefined && (settingOf(database, name) ?? null) !== expected) return false;
        putSetting(database, name, value);
        return true;
      }),
    switchOver: async ({ setting, expected, value, consumer, notBehind }) =>
      database.transaction(() => {
        if (settingOf(database, setting) !== expected) return false;
        const ahead = consumers.checkpoint(consumer);
        const behind = notBehind === undefined ? undefined : consumers.checkpoint(notBehind);
        if (ahead === undefined || ahead < (behind ?? 0n)) return false;
        putSetting(database, setting, value);
        return true;
      }),
    async readSnapshot(stream) {
      const body = database.one('SELECT body FROM snapshots WHERE stream = ?', stream)?.body;
      return body === undefined ? undefined : (JSON.parse(String(body)) as JsonObject);
    },
    async writeSnapshot(stream, snapshot) {
      database.run('INSERT OR REPLACE INTO snapshots VALUES (?, ?)', stream, JSON.stringify(snapshot));
    },
    async reset() {
      documents.dropAll();
      database.transaction(() => {
        for (const table of ['consumers', 'parked', 'parked_positions', 'settings', 'snapshots'])
          database.run(`DELETE FROM ${table}`);
      });
    },
    async close() {
      commits.flush();
      database.close();
    },
  };
}

const putSetting = (database: Database, name: string, value: string): void => {
  database.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, value);
};

/** A connection of its own, because a transaction belongs to a connection and reading awaits between its steps. */
async function snapshotOf<T>(path: string, read: (at: ReadSnapshot) => Promise<T>): Promise<T> {
  const database = new Database(path, { readOnly: true });
  try {
    database.execute('BEGIN');
    const documents = new Documents(database);
    const consumers = new Consumers(database);
    return await read({
      checkpoint: async (consumer) => consumers.checkpoint(consumer),
      setting: async (name) =>
        database.one('SELECT value FROM settings WHERE name = ?', name)?.value?.toString(),
      scan: async (collection, afterId, limit) => documents.scan(collection, afterId, limit),
    });
  } finally {
    database.close();
  }
}
