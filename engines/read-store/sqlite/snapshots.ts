import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import type { Database } from './database.ts';
import type { Reading } from './reading.ts';
import type { Writing } from './writing.ts';

export const sqliteSnapshots = (database: Database, writing: Writing, reading: Reading): SnapshotStore => ({
  async read(name) {
    const body = reading.now(() => database.one('SELECT body FROM snapshots WHERE stream = ?', name)?.body);
    return body === undefined ? undefined : (JSON.parse(String(body)) as JsonObject);
  },
  write: (name, snapshot) =>
    writing.operate('writeSnapshot', name, snapshot === null ? null : JSON.stringify(snapshot)),
});
