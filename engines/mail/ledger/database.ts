import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import {
  type MailEnd,
  type MailSummary,
  mailEnds,
  mailLedgerLimits,
  type OpenMail,
  type TakenMail,
} from '#domain/kernel/ports/mail-ledger.ts';
import { type LastingTables, lastingDatabase } from '../../lasting-database.ts';
import { inTransaction } from '../../transaction.ts';

/** Forgotten at once, so that nobody waits for long. */
const FORGOTTEN = 100;

/** `sending`: from when it was to be handed to a server until somebody wrote down what that said. */
const TABLES = `
  CREATE TABLE mail (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, messageId TEXT NOT NULL,
    person TEXT NOT NULL, template TEXT NOT NULL, eventId TEXT NOT NULL, position TEXT NOT NULL,
    takenMs INTEGER NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, unknowns INTEGER NOT NULL DEFAULT 0,
    dueMs INTEGER NOT NULL, endedMs INTEGER, words TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE INDEX mail_open ON mail (person, number) WHERE endedMs IS NULL;
  CREATE INDEX mail_due ON mail (dueMs, number) WHERE state = 'waiting';
  CREATE INDEX mail_ended ON mail (endedMs, state) WHERE endedMs IS NOT NULL;
  CREATE TABLE taking (owner INTEGER NOT NULL, through TEXT) STRICT;
  INSERT INTO taking (owner) VALUES (0);
`;
const KEPT = {
  // `AnMl`.
  ...{ id: 0x416e4d6c, format: 1, tables: TABLES, holds: 'mails', busyMs: 5_000 },
} satisfies LastingTables;

type Row = Readonly<Record<string, unknown>>;

const openMail = (row: Row): OpenMail => ({
  number: Number(row.number),
  ...{ id: String(row.id), messageId: String(row.messageId), person: String(row.person) },
  ...{ template: String(row.template), eventId: String(row.eventId), position: BigInt(String(row.position)) },
  ...{ tries: Number(row.tries), unknowns: Number(row.unknowns), takenMs: Number(row.takenMs) },
});

/** What became of each mail, in a file that whoever opens it last has alone. */
export class MailDatabase {
  readonly #db: DatabaseSync;
  readonly #owner: number;

  /** @throws what SQLite says; Error for a file of something else, or of a newer version */
  constructor(path: string) {
    this.#db = lastingDatabase(path, KEPT);
    this.#owner = inTransaction(this.#db, () => {
      const row = this.#db.prepare('UPDATE taking SET owner = owner + 1 RETURNING owner').get();
      // Whoever had it before can say no more what became of these.
      this.#db.exec(
        "UPDATE mail SET state = 'waiting', unknowns = unknowns + 1, dueMs = 0 WHERE state = 'sending'",
      );
      return Number(row?.owner);
    });
  }

  begin(first: bigint): bigint {
    return this.#own(() => {
      this.#run('UPDATE taking SET through = ? WHERE through IS NULL', first.toString());
      return this.#through();
    });
  }

  /** Whether there was room. */
  take(mails: readonly TakenMail[], through: bigint, nowMs: number): boolean {
    return this.#own(() => {
      const before = this.#through();
      const fresh = mails.filter(({ position }) => position > before);
      if (fresh.length > 0 && this.#waiting() + fresh.length > mailLedgerLimits.waiting) return false;
      const insert = this.#db.prepare(
        `INSERT INTO mail (id, messageId, person, template, eventId, position, takenMs, state, dueMs, endedMs, words)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
      );
      for (const { id, messageId, person, template, eventId, position, refused } of fresh) {
        const end = refused === undefined ? ['waiting', nowMs, null, ''] : ['refused', nowMs, nowMs, refused];
        insert.run(
          id,
          messageId,
          person,
          template,
          eventId,
          position.toString(),
          nowMs,
          ...(end as SQLInputValue[]),
        );
      }
      if (through > before) this.#run('UPDATE taking SET through = ?', through.toString());
      return true;
    });
  }

  due(nowMs: number, most: number): readonly OpenMail[] {
    const rows = this.#db
      .prepare(
        `SELECT * FROM mail AS one WHERE state = 'waiting' AND dueMs <= ? AND number =
           (SELECT min(number) FROM mail WHERE person = one.person AND endedMs IS NULL)
         ORDER BY dueMs, number LIMIT ?`,
      )
      .all(nowMs, most);
    return rows.map(openMail);
  }

  nextDueMs(): number | undefined {
    const row = this.#db
      .prepare(
        `SELECT min(dueMs) AS next FROM mail AS one WHERE state = 'waiting' AND number =
           (SELECT min(number) FROM mail WHERE person = one.person AND endedMs IS NULL)`,
      )
      .get();
    return typeof row?.next === 'number' ? row.next : undefined;
  }

  intend(number: number): void {
    this.#own(() =>
      this.#run("UPDATE mail SET state = 'sending', tries = tries + 1 WHERE number = ?", number),
    );
  }

  wait(number: number, dueMs: number, words: string, isUnknown: boolean): void {
    this.#own(() =>
      this.#run(
        "UPDATE mail SET state = 'waiting', dueMs = ?, words = ?, unknowns = unknowns + ? WHERE number = ?",
        ...[dueMs, words, isUnknown ? 1 : 0, number],
      ),
    );
  }

  end(number: number, end: MailEnd, words: string, nowMs: number): void {
    this.#own(() => {
      this.#run(
        'UPDATE mail SET state = ?, endedMs = ?, words = ? WHERE number = ?',
        ...[end, nowMs, words, number],
      );
      this.#run(
        'DELETE FROM mail WHERE number IN (SELECT number FROM mail WHERE endedMs < ? ORDER BY endedMs LIMIT ?)',
        ...[nowMs - mailLedgerLimits.rememberedMs, FORGOTTEN],
      );
    });
  }

  summary(): MailSummary {
    const counts = this.#db
      .prepare('SELECT state, count(*) AS count FROM mail WHERE endedMs IS NOT NULL GROUP BY state')
      .all();
    const of = (end: MailEnd): number => Number(counts.find(({ state }) => state === end)?.count ?? 0);
    const last = this.#db
      .prepare(
        "SELECT template, words FROM mail WHERE state IN ('refused', 'late') AND endedMs IS NOT NULL ORDER BY endedMs DESC LIMIT 1",
      )
      .get();
    return {
      waiting: this.#waiting(),
      ended: Object.fromEntries(mailEnds.map((end) => [end, of(end)])) as Record<MailEnd, number>,
      ...(last && { lastLaidAside: { template: String(last.template), words: String(last.words) } }),
    };
  }

  close(): void {
    this.#db.close();
  }

  #through(): bigint {
    return BigInt(String(this.#db.prepare('SELECT through FROM taking').get()?.through ?? 0));
  }

  #waiting(): number {
    return Number(this.#db.prepare('SELECT count(*) AS count FROM mail WHERE endedMs IS NULL').get()?.count);
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#db.prepare(sql).run(...values);
  }

  /** @throws Error where another process has opened it since */
  #own<T>(work: () => T): T {
    return inTransaction(this.#db, () => {
      if (Number(this.#db.prepare('SELECT owner FROM taking').get()?.owner) !== this.#owner)
        throw new Error('another process sends the mails now');
      return work();
    });
  }
}
