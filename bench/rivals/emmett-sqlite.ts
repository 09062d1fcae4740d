import { join } from 'node:path';
import { getSQLiteEventStore } from '@event-driven-io/emmett-sqlite';
import type { Rival } from './rival.ts';

/** It runs a statement without looking at its outcome: that may fail where nobody who called it can catch it. */
function uncaught(error: unknown): void {
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) throw error;
}

/** emmett on SQLite as it comes: a connection for each append, a log ahead of the file, synced by SQLite's default. */
export async function emmettSqlite(folder: string): Promise<Rival> {
  process.on('uncaughtException', uncaught);
  const store = getSQLiteEventStore({
    fileName: join(folder, 'emmett.db'),
    schema: { autoMigration: 'CreateOrUpdate' },
  });
  await store.schema.migrate();
  // It prints each error that it also throws; they are counted, and not to be told hundreds of times.
  const { log } = console;
  console.log = (...said) => (said[0] instanceof Error ? undefined : log(...said));
  return {
    what: '@event-driven-io/emmett-sqlite 0.42.4 as it comes',
    append: (stream, event) => store.appendToStream(stream, [event]),
    async close() {
      console.log = log;
      process.off('uncaughtException', uncaught);
    },
  };
}
