import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { FoundSignInRow, SignInRow, SignInStep, SignInsOf } from '#domain/kernel/ports/sign-in-store.ts';
import { type LastingTables, lastingDatabase } from '../../lasting-database.ts';
import { inTransaction } from '../../transaction.ts';
import { isSpent, type KeptRow, type SignInLimits, signInLimits } from '../rows.ts';

const TABLES = `
  CREATE TABLE kept (
    kind TEXT NOT NULL, id TEXT NOT NULL, grantName TEXT, session TEXT, person TEXT, alias TEXT,
    sealed TEXT NOT NULL, endsAtMs INTEGER NOT NULL,
    spentAtMs INTEGER, spentBy TEXT, successor TEXT,
    isAnswered INTEGER NOT NULL DEFAULT 0, isRepeated INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_grant ON kept (grantName) WHERE grantName IS NOT NULL;
  CREATE INDEX kept_session ON kept (session) WHERE session IS NOT NULL;
  CREATE INDEX kept_person ON kept (person) WHERE person IS NOT NULL;
  CREATE INDEX kept_alias ON kept (kind, alias) WHERE alias IS NOT NULL;
  CREATE INDEX kept_end ON kept (kind, endsAtMs);
  CREATE INDEX kept_over ON kept (endsAtMs);
`;
const KEPT = {
  // `AnSi`.
  ...{ id: 0x416e5369, format: 1, tables: TABLES, holds: 'sign-ins', isOverwritten: true },
  // Only somebody who looks at it by hand keeps us waiting.
  busyMs: 1_000,
} satisfies LastingTables;
const textOf = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

function keptRow(row: Record<string, SQLOutputValue>): KeptRow {
  const { spentAtMs } = row;
  return {
    kind: String(row.kind),
    id: String(row.id),
    grant: textOf(row.grantName),
    session: textOf(row.session),
    person: textOf(row.person),
    alias: textOf(row.alias),
    sealed: String(row.sealed),
    endsAtMs: Number(row.endsAtMs),
    spent:
      spentAtMs === null
        ? undefined
        : {
            atMs: Number(spentAtMs),
            by: String(row.spentBy),
            successor: textOf(row.successor),
            isAnswered: row.isAnswered === 1,
            isRepeated: row.isRepeated === 1,
          },
  };
}

/** The rows in their file. Each step is on the disk before anybody is told of it; what is deleted is overwritten. */
export class SignInDatabase {
  readonly #db: DatabaseSync;
  readonly #owner: string;
  readonly #limits: SignInLimits;
  /** Rows of each kind. */
  readonly #counts: Map<string, number>;

  /** @throws what SQLite says; Error for a file of something else, or of a newer version */
  constructor(path: string, owner: string, limits: SignInLimits = signInLimits) {
    this.#owner = owner;
    this.#limits = limits;
    this.#db = lastingDatabase(path, KEPT);
    const counts = this.#db.prepare('SELECT kind, count(*) AS rows FROM kept GROUP BY kind').all();
    this.#counts = new Map(counts.map(({ kind, rows }) => [String(kind), Number(rows)]));
  }

  find(kind: string, id: string, nowMs: number): FoundSignInRow | undefined {
    return this.#found(this.#get(kind, id), nowMs);
  }

  findByAlias(kind: string, alias: string, nowMs: number): FoundSignInRow | undefined {
    const row = this.#db.prepare('SELECT * FROM kept WHERE kind = ? AND alias = ?').get(kind, alias);
    return this.#found(row && keptRow(row), nowMs);
  }

  take({ spend, put }: SignInStep, nowMs: number): 'taken' | 'spent' {
    return inTransaction(this.#db, () => {
      const successor = put.find(({ kind }) => kind === spend?.kind)?.id;
      if (spend !== undefined && !this.#spend(spend, successor, nowMs)) return 'spent';
      for (const row of put) this.#put(row);
      return 'taken';
    });
  }

  answered({ kind, id }: { kind: string; id: string }): void {
    this.#run('UPDATE kept SET isAnswered = 1 WHERE kind = ? AND id = ? AND spentBy IS NOT NULL', kind, id);
  }

  destroy(kind: string, id: string): void {
    this.#deleted(
      this.#db.prepare('DELETE FROM kept WHERE kind = ? AND id = ? RETURNING kind').all(kind, id),
    );
  }

  destroyAll(of: SignInsOf): void {
    if ('grant' in of) this.#deleteWhere('grantName = ?', of.grant);
    else if ('session' in of) this.#deleteWhere('session = ?', of.session);
    else this.#deleteWhere('person = ? AND kind = ?', of.person, of.kind);
  }

  sweep(nowMs: number): number {
    const over = this.#db.prepare(
      `DELETE FROM kept WHERE (kind, id) IN (SELECT kind, id FROM kept WHERE endsAtMs <= ? ORDER BY endsAtMs LIMIT ?)
         RETURNING kind`,
    );
    return this.#deleted(over.all(nowMs, this.#limits.forgotten));
  }

  close(): void {
    this.#db.close();
  }

  #get(kind: string, id: string): KeptRow | undefined {
    const row = this.#db.prepare('SELECT * FROM kept WHERE kind = ? AND id = ?').get(kind, id);
    return row && keptRow(row);
  }

  #successorOf({ kind, spent }: KeptRow): KeptRow | undefined {
    return spent?.successor === undefined ? undefined : this.#get(kind, spent.successor);
  }

  #found(row: KeptRow | undefined, nowMs: number): FoundSignInRow | undefined {
    if (row === undefined) return undefined;
    const { spent: _, ...told } = row;
    return { ...told, isSpent: isSpent(row, this.#successorOf(row), { owner: this.#owner, nowMs }) };
  }

  #spend({ kind, id }: { kind: string; id: string }, successor: string | undefined, nowMs: number): boolean {
    const row = this.#get(kind, id);
    if (row === undefined) return false;
    const next = this.#successorOf(row);
    if (isSpent(row, next, { owner: this.#owner, nowMs })) {
      if (row.grant !== undefined) this.destroyAll({ grant: row.grant });
      return false;
    }
    if (next !== undefined) this.destroy(kind, next.id);
    this.#db
      .prepare(
        `UPDATE kept SET isRepeated = spentBy IS NOT NULL, spentAtMs = ?, spentBy = ?, successor = ?, isAnswered = 0
           WHERE kind = ? AND id = ?`,
      )
      .run(nowMs, this.#owner, successor ?? null, kind, id);
    return true;
  }

  #put({ kind, id, grant, session, person, alias, sealed, endsAtMs }: SignInRow): void {
    const values = [grant ?? null, session ?? null, person ?? null, alias ?? null, sealed, endsAtMs] as const;
    const { changes } = this.#db
      .prepare(
        `UPDATE kept SET grantName = ?, session = ?, person = ?, alias = ?, sealed = ?, endsAtMs = ?
           WHERE kind = ? AND id = ?`,
      )
      .run(...values, kind, id);
    if (changes > 0) return;
    this.#makeRoom(kind);
    this.#db
      .prepare(
        'INSERT INTO kept (grantName, session, person, alias, sealed, endsAtMs, kind, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(...values, kind, id);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  #makeRoom(kind: string): void {
    const { rows, forgotten } = this.#limits;
    if ((this.#counts.get(kind) ?? 0) < rows) return;
    const ending = this.#db.prepare(
      `DELETE FROM kept WHERE kind = ? AND id IN (SELECT id FROM kept WHERE kind = ? ORDER BY endsAtMs LIMIT ?)
         RETURNING kind`,
    );
    this.#deleted(ending.all(kind, kind, forgotten));
  }

  #deleteWhere(condition: string, ...values: readonly string[]): void {
    this.#deleted(this.#db.prepare(`DELETE FROM kept WHERE ${condition} RETURNING kind`).all(...values));
  }

  #deleted(rows: readonly Record<string, SQLOutputValue>[]): number {
    for (const { kind } of rows) this.#counts.set(String(kind), (this.#counts.get(String(kind)) ?? 1) - 1);
    return rows.length;
  }

  #run(sql: string, ...values: readonly string[]): void {
    this.#db.prepare(sql).run(...values);
  }
}
