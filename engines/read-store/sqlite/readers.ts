import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadBy } from '../history.ts';
import { ConsumerRows } from './consumer-rows.ts';
import { Database } from './database.ts';
import { settingOf } from './setting-rows.ts';

/** What `views.db` knows of whoever has read the history. Nothing in the folder is changed by looking. */
export interface SqliteReaders extends ReadBy {
  /** Writes all of it, as it is now, into a file of its own, which is there whole or not at all. */
  keepAs(file: string): void;
  close(): void;
}

/** Looks into the read models of a folder; undefined where there are none that can be read. */
export function sqliteReaders(folder: string): SqliteReaders | undefined {
  const path = join(folder, 'views.db');
  if (!existsSync(path)) return undefined;
  let database: Database | undefined;
  try {
    database = new Database(path, { readOnly: true });
    // Asked once to see whether it is what it should be: a file that is not will be set aside by whoever opens it to write.
    new ConsumerRows(database).all();
  } catch {
    database?.close();
    return undefined;
  }
  const open = database;
  return {
    settings: { get: async (name) => settingOf(open, name) },
    consumers: { all: async () => new ConsumerRows(open).all() },
    keepAs(file) {
      const draft = `${file}.new`;
      rmSync(draft, { force: true });
      open.prepare('VACUUM INTO ?').run(draft);
      renameSync(draft, file);
    },
    close: () => open.close(),
  };
}
