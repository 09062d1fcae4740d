import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { reasonOf } from '#runtime/reason.ts';
import { createWhole, isDamage, isShorterThanItsHeader, sqliteCode } from '../../database-file.ts';
import { writableFolder } from '../../folder.ts';
import { holderOf } from './holder.ts';

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

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** What whoever finds damage has to do: the history is the one thing that nothing else can be made from. */
const RESTORE = 'Nothing was changed. Bring back events.db from a backup; the views are made again from it.';

/** What went wrong on opening or reading, in the port's terms. */
export function readError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const reason = reasonOf(error);
  if (isDamage(error))
    return new StoreError('unreadable', `${file} is damaged: ${reason}. ${RESTORE}`, { cause: error });
  const advice = sqliteCode(error) === SQLITE_FULL ? '. Make room on its disk' : '';
  return new StoreError('unavailable', `${file} cannot be used: ${reason}${advice}.`, { cause: error });
}

function create(folder: string, epoch: string): void {
  createWhole(eventsFile(folder), (db) => {
    db.exec('PRAGMA page_size = 16384; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;');
    db.exec('BEGIN');
    db.exec(TABLES);
    db.prepare('INSERT INTO history (epoch) VALUES (?)').run(epoch);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`);
    db.exec('COMMIT');
  });
}

const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** @throws StoreError `unreadable` for a file that is not ours, of a newer version, or cut short */
function checkFile(db: DatabaseSync, file: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    throw new StoreError('unreadable', `${file} is damaged, or no event store. ${RESTORE}`);
  }
  const version = pragma(db, 'user_version');
  if (version !== SCHEMA_VERSION) {
    throw new StoreError(
      'unreadable',
      `${file} has schema version ${version}; this program reads version ${SCHEMA_VERSION}. Nothing was changed. Start the program that wrote it, or a newer one.`,
    );
  }
}

/**
 * There is no other writer, yet the write lock may be taken: a reader that looks at the log's index in the very moment of a
 * commit takes it, to look once more. That lasts microseconds; whoever holds it for seconds is broken.
 */
const WRITE_LOCK_TIMEOUT_MS = 5_000;
/** At the start: another writer keeps the lock for its life, so waiting for it is in vain. */
const CLAIM_TIMEOUT_MS = 50;

/**
 * Looks at the file before anything is written to it or to its log, so that whoever restores it finds what there was.
 *
 * @throws StoreError `unreadable`
 */
function demandWhole(file: string): void {
  if (statSync(file).size === 0)
    throw new StoreError('unreadable', `${file} is empty: it was cut short. ${RESTORE}`);
  const suspicious = isShorterThanItsHeader(file);
  const db = new DatabaseSync(file, { readOnly: true, timeout: WRITE_LOCK_TIMEOUT_MS });
  try {
    checkFile(db, file);
    // Only then, because it reads the whole file.
    if (suspicious && db.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok')
      throw new StoreError('unreadable', `${file} is cut short. ${RESTORE}`);
  } finally {
    db.close();
  }
}

/** A history that is gone is not begun anew on top of its own log, which would be taken for the new one's. */
function createUnlessLost(folder: string, epoch: string): void {
  const file = eventsFile(folder);
  if (existsSync(file)) return;
  const log = `${file}-wal`;
  if (existsSync(log) && statSync(log).size > 0)
    throw new StoreError('unreadable', `${file} is missing, while its log ${log} is there. ${RESTORE}`);
  create(folder, epoch);
}

/** @param held the file that the other's lock is on */
function secondWriter(folder: string, held: string, cause: unknown): StoreError {
  const holder = holderOf(held);
  const who = holder === undefined ? 'another process' : `another process (${holder})`;
  return new StoreError('second_writer', `${who} writes to ${folder}; only one may`, { cause });
}

/**
 * Proves by a write that this process may write: so a disk that takes none is met now and not at the first command, and
 * another writer too, whose lock on `events.lock` was lost with that file.
 */
function claim(db: DatabaseSync, folder: string): void {
  db.exec(`PRAGMA busy_timeout = ${CLAIM_TIMEOUT_MS}`);
  try {
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  } catch (error) {
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
    throw secondWriter(folder, `${eventsFile(folder)}-shm`, error);
  }
  db.exec(`PRAGMA busy_timeout = ${WRITE_LOCK_TIMEOUT_MS}`);
}

/**
 * Opens the file for the single writer and brings the log into it.
 *
 * @throws StoreError `unreadable`, `unavailable`, `second_writer`
 */
export function openForWriting(folder: string, newEpoch: string): DatabaseSync {
  const file = eventsFile(folder);
  let db: DatabaseSync | undefined;
  try {
    createUnlessLost(folder, newEpoch);
    demandWhole(file);
    db = new DatabaseSync(file, { timeout: WRITE_LOCK_TIMEOUT_MS });
    db.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864;');
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    claim(db, folder);
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
    if (statSync(file).size === 0)
      throw new StoreError('unreadable', `${file} is empty: it was cut short. ${RESTORE}`);
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
 * operating system's, on a file of its own that holds nothing. Where somebody has deleted that file, the lock that the
 * writer keeps on the history itself tells of it.
 *
 * @throws StoreError `second_writer`
 */
export function lockForWriting(folder: string): { release(): void } {
  let lock: DatabaseSync;
  try {
    writableFolder(folder);
    lock = new DatabaseSync(lockFile(folder), { timeout: 0 });
  } catch (error) {
    throw readError(error, lockFile(folder));
  }
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    lock.close();
    if (isDamage(error))
      throw new StoreError(
        'unreadable',
        `${lockFile(folder)} is damaged: it should be empty, and holds nothing that is needed. Delete it when no other process works on this folder.`,
        { cause: error },
      );
    if (sqliteCode(error) !== SQLITE_BUSY) throw readError(error, lockFile(folder));
    throw secondWriter(folder, lockFile(folder), error);
  }
  return { release: () => lock.close() };
}
