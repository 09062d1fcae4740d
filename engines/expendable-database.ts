import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isDamage } from './database-file.ts';

/** In milliseconds. Nobody else writes such a file; whoever looks at it by hand does not stop us for longer. */
const BUSY_MS = 100;

export interface Tables {
  /** Another one is thrown away. */
  readonly version: number;
  /** Makes what is missing. */
  readonly tables: string;
}

const versionOf = (db: DatabaseSync): number => Number(db.prepare('PRAGMA user_version').get()?.user_version);

function tried(file: string, { version, tables }: Tables): DatabaseSync | undefined {
  const db = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    // No fsync ever holds up the event loop. What a crash of the process leaves is whole; after one of the machine it may be damaged.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;');
    if ([0, version].includes(versionOf(db))) {
      db.exec(`${tables} PRAGMA user_version = ${version};`);
      // Here and now: damage that shows later would stop whoever asks.
      if (db.prepare('PRAGMA quick_check(1)').get()?.quick_check === 'ok') return db;
    }
  } catch (error) {
    if (!isDamage(error)) {
      db.close();
      throw error;
    }
  }
  db.close();
  return undefined;
}

/** A database whose content is worth less than a start: a file that cannot be read begins anew. It works on the event loop. */
export function expendableDatabase(file: string, tables: Tables): DatabaseSync {
  const db = tried(file, tables);
  if (db !== undefined) return db;
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  const fresh = tried(file, tables);
  if (fresh === undefined) throw new Error(`${file} is damaged as soon as it is made`);
  return fresh;
}
