import { existsSync, linkSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { threadId } from 'node:worker_threads';
import { createWhole } from '../../database-file.ts';
import { type LastingTables, lastingDatabase } from '../../lasting-database.ts';
import { inTransaction } from '../../transaction.ts';

const TABLES = `
  CREATE TABLE key (person TEXT PRIMARY KEY, wrapped BLOB) STRICT, WITHOUT ROWID;
  CREATE TABLE master (name TEXT NOT NULL) STRICT;
  CREATE TABLE destroyed (number INTEGER PRIMARY KEY, person TEXT NOT NULL UNIQUE) STRICT;
`;
const KEPT = {
  // `AnKe`.
  ...{ id: 0x416e4b65, format: 1, tables: TABLES, holds: 'keys of people', isOverwritten: true },
  // Another process writes, or reads while the log is emptied.
  busyMs: 5_000,
} satisfies LastingTables;

/** What a row holds; null: destroyed. */
type Row = readonly [person: string, wrapped: Uint8Array | null];

/** Of many that make it at once all work on the one that was first: to move another over it would take away what that one keeps. */
function makeFirst(path: string, wrappedBy: string, fill: (db: DatabaseSync) => void): void {
  const draft = `${path}.${process.pid}-${threadId}`;
  createWhole(draft, (db) => {
    fill(db);
    db.prepare('INSERT INTO master (name) VALUES (?)').run(wrappedBy);
  });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The keys in their file. What is changed is overwritten (`secure_delete`), and a destroyed key is gone from the log as well, before
 * anybody is told that it is.
 */
export class KeyDatabase {
  readonly #db: DatabaseSync;

  /**
   * @param wrappedBy names the master key
   * @throws what SQLite says; Error for a file of something else, of a newer version, or under another master key
   */
  constructor(path: string, wrappedBy: string) {
    this.#db = lastingDatabase(path, KEPT, (missing, fill) => makeFirst(missing, wrappedBy, fill));
    if (this.#db.prepare('SELECT name FROM master').get()?.name !== wrappedBy)
      throw new Error(`${path} was kept under another master key`);
  }

  find(people: readonly string[]): readonly Row[] {
    const one = this.#db.prepare('SELECT wrapped FROM key WHERE person = ?');
    return people.flatMap((person): Row[] => {
      const row = one.get(person);
      return row === undefined ? [] : [[person, row.wrapped as Uint8Array | null]];
    });
  }

  keep(fresh: readonly Row[]): readonly Row[] {
    inTransaction(this.#db, () => {
      const insert = this.#db.prepare('INSERT OR IGNORE INTO key (person, wrapped) VALUES (?, ?)');
      for (const [person, wrapped] of fresh) insert.run(person, wrapped);
    });
    return this.find(fresh.map(([person]) => person));
  }

  destroy(person: string): void {
    inTransaction(this.#db, () => {
      this.#db
        .prepare('INSERT INTO key (person) VALUES (?) ON CONFLICT DO UPDATE SET wrapped = NULL')
        .run(person);
      this.#db.prepare('INSERT OR IGNORE INTO destroyed (person) VALUES (?)').run(person);
    });
    const [busy] = Object.values(this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {});
    if (busy !== 0) throw new Error('the log of the keys could not be emptied: another process reads it');
  }

  destroyedSince(count: number | undefined): { readonly people: readonly string[]; readonly count: number } {
    const last = this.#db.prepare('SELECT coalesce(max(number), 0) AS last FROM destroyed').get();
    const people =
      count === undefined
        ? []
        : this.#db.prepare('SELECT person FROM destroyed WHERE number > ? ORDER BY number').all(count);
    return { people: people.map(({ person }) => String(person)), count: Number(last?.last) };
  }

  destroyedAfter(
    after: number,
    limit: number,
  ): { readonly people: readonly string[]; readonly through: number } {
    const rows = this.#db
      .prepare('SELECT number, person FROM destroyed WHERE number > ? ORDER BY number LIMIT ?')
      .all(after, limit);
    return {
      people: rows.map(({ person }) => String(person)),
      through: Number(rows.at(-1)?.number ?? after),
    };
  }

  /** @throws what SQLite says where nothing can be written */
  tryToWrite(): void {
    inTransaction(this.#db, () => this.#db.exec('UPDATE master SET name = name'));
  }

  close(): void {
    this.#db.close();
  }
}
