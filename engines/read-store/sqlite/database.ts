import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { isDamage } from '../../database-file.ts';
import { writableFolder } from '../../folder.ts';
import { inTransaction } from '../../transaction.ts';

/** Raised when a table's shape changes; a file of another version is set aside, because it can be rebuilt. */
const FORMAT = 1;
/** How long a write waits for another process's, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
const CACHED_STATEMENTS = 500;

const SCHEMA = `
  CREATE TABLE collections (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, spec TEXT NOT NULL,
    arrays TEXT NOT NULL DEFAULT '[]') STRICT;
  CREATE TABLE consumers (name TEXT PRIMARY KEY, owner TEXT, epoch INTEGER NOT NULL, leased_until_ms INTEGER NOT NULL,
    checkpoint INTEGER) STRICT;
  CREATE TABLE parked (consumer TEXT NOT NULL, key TEXT NOT NULL, error TEXT NOT NULL, since TEXT NOT NULL,
    retry INTEGER NOT NULL, PRIMARY KEY (consumer, key)) STRICT, WITHOUT ROWID;
  CREATE TABLE parked_positions (consumer TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (consumer, key, position)) STRICT, WITHOUT ROWID;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE snapshots (stream TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`;

/** A row; whole numbers are bigint. */
export type Row = Readonly<Record<string, string | bigint | number | null | Uint8Array>>;

/** One connection, with its prepared statements and short transactions. */
export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, options: { readonly readOnly?: boolean } = {}) {
    this.path = path;
    this.#connection = new DatabaseSync(path, {
      timeout: BUSY_TIMEOUT_MS,
      readOnly: options.readOnly ?? false,
    });
  }

  execute(sql: string): void {
    this.#connection.exec(sql);
  }

  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    statement.setReadBigInts(true);
    if (this.#statements.size >= CACHED_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  one(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.prepare(sql).get(...values);
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.prepare(sql).all(...values);
  }

  run(sql: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.prepare(sql).run(...values).changes);
  }

  /** All of `work` or nothing; other writers wait meanwhile. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.#connection, work);
  }

  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }
}

/**
 * Opens `views.db`; one that is damaged or of another version is set aside and begun anew.
 *
 * @param onSetAside told then, in a sentence for the operator
 */
export function openDatabase(folder: string, onSetAside?: (told: string) => void): Database {
  writableFolder(folder);
  const path = join(folder, 'views.db');
  try {
    return openOrCreate(path);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    const kept = setAside(path);
    onSetAside?.(
      `${path} could not be used (${error.message}) and was set aside as ${kept}; the views are made again from the history`,
    );
    return openOrCreate(path);
  }
}

class OtherFormatError extends Error {}

const isUnusable = (error: unknown): error is Error =>
  error instanceof OtherFormatError || (error instanceof Error && isDamage(error));

/** 64 MiB of cache, and a log of 32 MiB before it is written back: hot documents change many times in between. */
export const tune = (database: Database): void =>
  database.execute(
    'PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000',
  );

function openOrCreate(path: string): Database {
  const database = new Database(path);
  try {
    database.execute('PRAGMA journal_mode = WAL');
    tune(database);
    database.transaction(() => {
      const format = database.one('PRAGMA user_version')?.user_version;
      if (format === BigInt(FORMAT)) return;
      if (format !== 0n || database.one('SELECT 1 AS there FROM sqlite_schema LIMIT 1') !== undefined)
        throw new OtherFormatError(`views.db has the format ${format}`);
      database.execute(`${SCHEMA} PRAGMA user_version = ${FORMAT}`);
    });
    // Touches every table, so that a file cut short is noticed now and not at the first query.
    for (const table of ['collections', 'consumers', 'parked', 'parked_positions', 'settings', 'snapshots'])
      database.one(`SELECT count(*) AS rows FROM ${table}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function setAside(path: string): string {
  let number = 1;
  while (existsSync(`${path}.set-aside-${number}`)) number += 1;
  const kept = `${path}.set-aside-${number}`;
  renameSync(path, kept);
  // The log and its index belong to the file that is gone.
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  return kept;
}
