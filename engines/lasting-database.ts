import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createWhole } from './database-file.ts';

/** What stands in a file that must not be lost, and is taken for nothing else. */
export interface LastingTables {
  /** Of the application, as SQLite calls it: a file of another program is not taken for one of ours. */
  readonly id: number;
  /** Of the tables. One of a newer version is left alone. */
  readonly format: number;
  readonly tables: string;
  /** For whoever reads that there is something else in it: `sign-ins`. */
  readonly holds: string;
  /** For another process that writes, in milliseconds. */
  readonly busyMs: number;
  /** What is deleted is overwritten. */
  readonly isOverwritten?: boolean;
}

const numberIn = (db: DatabaseSync, pragma: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

function demandOurs(db: DatabaseSync, path: string, { id, format, holds }: LastingTables): void {
  if (numberIn(db, 'application_id') !== id) throw new Error(`${path} holds no ${holds}`);
  if (numberIn(db, 'user_version') > format) throw new Error(`${path} is of a newer version`);
}

const make = (path: string, fill: (db: DatabaseSync) => void): void => createWhole(path, fill);

/**
 * A database in which each step is on the disk before anybody is told of it, made where it is missing.
 *
 * @param makes in another way than by moving it into its place
 * @throws what SQLite says; Error for a file of something else, or of a newer version
 */
export function lastingDatabase(path: string, kept: LastingTables, makes = make): DatabaseSync {
  const { id, format, tables, busyMs, isOverwritten = false } = kept;
  if (!existsSync(path))
    makes(path, (db) => db.exec(`${tables} PRAGMA application_id = ${id}; PRAGMA user_version = ${format};`));
  const db = new DatabaseSync(path, { timeout: busyMs });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    if (isOverwritten) db.exec('PRAGMA secure_delete = ON;');
    demandOurs(db, path, kept);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
