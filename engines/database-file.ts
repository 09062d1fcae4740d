import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// What holds for the file of every SQLite database, whatever is in it.

const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** The primary result code of an error of SQLite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** Whether SQLite has found that the file is damaged, or no database at all. */
export const isDamage = (error: unknown): boolean =>
  [SQLITE_CORRUPT, SQLITE_NOTADB].includes(sqliteCode(error) ?? 0);

/** Too big, against a constraint, of a wrong type. */
const REFUSALS = [18, 19, 20];

/** Whether the rows are at fault, not the database. */
export const isRefusal = (error: unknown): boolean => REFUSALS.includes(sqliteCode(error) ?? 0);

/** Writes a new file beside its place and moves it there, so that an empty or half-made file is always damage. */
export function createWhole(file: string, fill: (db: DatabaseSync) => void): void {
  const draft = `${file}.new`;
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true });
  const db = new DatabaseSync(draft);
  try {
    fill(db);
  } finally {
    db.close();
  }
  renameSync(draft, file);
  const directory = openSync(dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** The part of SQLite's header that is read here, in bytes. */
const HEADER_BYTES = 100;

/**
 * Whether a database file is shorter than its own header says. Then it was cut, or the process ended while the log was
 * being brought into it: in that case, and only in that, the log still holds what is missing.
 */
export function isShorterThanItsHeader(file: string): boolean {
  const header = Buffer.alloc(HEADER_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return true;
  } finally {
    closeSync(descriptor);
  }
  // The count of pages is only meant where the header was last written by a program that keeps it.
  if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return false;
  const written = header.readUInt16BE(16);
  const pageBytes = written === 1 ? 65_536 : written;
  return statSync(file).size < header.readUInt32BE(28) * pageBytes;
}
