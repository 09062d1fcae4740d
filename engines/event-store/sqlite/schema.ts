import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '#domain/kernel/ports/event-store.ts';

/** Grows with every change of the tables; a file of a newer one is not touched. */
export const SCHEMA_VERSION = 1;
/** Says in the file's header whose it is: "Annl". */
const APPLICATION_ID = 0x416e6e6c;

export const eventsFile = (folder: string): string => join(folder, 'events.db');
const lockFile = (folder: string): string => join(folder, 'events.lock');

/**
 * `event_kind` is what filters are answered from: it is written at its end only, and 1,000 of its rows fit one page, so
 * that a search that matches little reads little. Ids of events have no index: they are compared at a revision.
 */
const TABLES = `
  CREATE TABLE history (epoch TEXT NOT NULL) STRICT;
  CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES stream (id),
    revision INTEGER NOT NULL,
    type INTEGER NOT NULL REFERENCES type (id),
    event_id TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    data TEXT NOT NULL,
    metadata TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  CREATE INDEX event_kind ON event (position, type, stream);
`;

/** The primary result code of an error of SQLite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

/** What went wrong on opening or reading, in the port's terms. */
export function readError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = sqliteCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new StoreError('unreadable', `${file} is damaged: ${reason}`, { cause: error });
  }
  return new StoreError('unavailable', `${file} could not be read: ${reason}`, { cause: error });
}

/** Writes a new file beside its place and moves it there, so that an empty or half-made file is always damage. */
function create(folder: string, epoch: string): void {
  const file = eventsFile(folder);
  const draft = `${file}.new`;
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true });
  const db = new DatabaseSync(draft);
  db.exec('PRAGMA page_size = 16384; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;');
  db.exec('BEGIN');
  db.exec(TABLES);
  db.prepare('INSERT INTO history (epoch) VALUES (?)').run(epoch);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`);
  db.exec('COMMIT');
  db.close();
  renameSync(draft, file);
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** @throws StoreError `unreadable` for a file that is not ours, of a newer version, or cut short */
function checkFile(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    throw new StoreError('unreadable', `${file} is damaged, or no event store`);
  }
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) {
    throw new StoreError(
      'unreadable',
      `${file} has schema version ${version}; this program reads version ${SCHEMA_VERSION}`,
    );
  }
}

/**
 * There is no other writer, yet the write lock may be taken: a reader that looks at the log's index in the very moment of a
 * commit takes it, to look once more. That lasts microseconds; whoever holds it for seconds is broken.
 */
const WRITE_LOCK_TIMEOUT_MS = 5_000;

/**
 * Opens the file for the single writer and brings the log into it, which also shows whether the file is whole.
 *
 * @throws StoreError `unreadable`
 */
export function openForWriting(folder: string, newEpoch: string): DatabaseSync {
  const file = eventsFile(folder);
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(file)) create(folder, newEpoch);
    if (statSync(file).size === 0) throw new StoreError('unreadable', `${file} is empty: it was cut short`);
    db = new DatabaseSync(file, { timeout: WRITE_LOCK_TIMEOUT_MS });
    checkFile(db, file);
    db.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864;');
    const { log, checkpointed } = { ...db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() };
    const expected = pragma(db, 'page_count') * pragma(db, 'page_size');
    const actual = statSync(file).size;
    if (log === checkpointed && actual < expected) {
      throw new StoreError('unreadable', `${file} is cut short: ${actual} of ${expected} bytes are there`);
    }
    return db;
  } catch (error) {
    db?.close();
    throw readError(error, file);
  }
}

/** @throws StoreError `unavailable` while there is no file, `unreadable` */
export function openForReading(folder: string): DatabaseSync {
  const file = eventsFile(folder);
  if (!existsSync(file)) throw new StoreError('unavailable', `${file} is not there yet`);
  let db: DatabaseSync | undefined;
  try {
    if (statSync(file).size === 0) throw new StoreError('unreadable', `${file} is empty: it was cut short`);
    db = new DatabaseSync(file, { readOnly: true, timeout: 1_000 });
    checkFile(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw readError(error, file);
  }
}

/**
 * Makes this process the one writer of the folder until it closes the result or ends, however it ends: the lock is the
 * operating system's, on a file of its own that holds nothing.
 *
 * @throws StoreError `second_writer`
 */
export function lockForWriting(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true });
  const lock = new DatabaseSync(lockFile(folder), { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    lock.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw readError(error, lockFile(folder));
    throw new StoreError('second_writer', `another process writes to ${folder}; only one may`, {
      cause: error,
    });
  }
  return { release: () => lock.close() };
}
