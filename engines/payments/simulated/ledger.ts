import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { Instant } from '#domain/kernel/instant.ts';
import { PaymentNotice as Notice, type PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { reasonOf } from '#runtime/reason.ts';
import { DamagedFileError } from '../../damaged-file.ts';
import { createWhole, isDamage, sqliteCode } from '../../database-file.ts';
import { inTransaction } from '../../transaction.ts';

// What the simulated provider remembers: a provider forgets nothing either when we restart.

const TABLES = `
  CREATE TABLE payment (
    id TEXT PRIMARY KEY, direction TEXT NOT NULL, person TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
    token TEXT UNIQUE, status TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE notice (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX notice_due ON notice (state, due_at);
`;

/** Beside the others since a lost memory is told; made where it is missing. */
const BEGINNING = 'CREATE TABLE IF NOT EXISTS beginning (since TEXT NOT NULL) STRICT';

const ProviderPayment = z.object({
  id: z.string(),
  direction: z.enum(['in', 'out']),
  person: z.string(),
  /** Minor units as a decimal string. */
  amount: z.string(),
  currency: z.string(),
  /** Whoever knows it may confirm the payment. */
  token: z.string().nullable(),
  status: z.enum(['waiting', 'confirmed', 'declined', 'paid']),
  expires_at: Instant,
});
export type ProviderPayment = z.output<typeof ProviderPayment>;

const Waiting = z.object({ id: z.string(), body: z.string(), attempts: z.int() });
export type WaitingNotice = z.output<typeof Waiting>;

export interface Ledger {
  payment(id: string): ProviderPayment | undefined;
  byToken(token: string): ProviderPayment | undefined;
  /** Keeps a payment, and with it the notice that tells of it, in one transaction. */
  keep(payment: ProviderPayment, notice?: { readonly notice: PaymentNotice; readonly dueAt: Instant }): void;
  /** Notices to deliver now, the longest due first. */
  due(now: Instant, limit: number): readonly WaitingNotice[];
  nextDue(): Instant | undefined;
  delivered(noticeId: string): void;
  retry(noticeId: string, dueAt: Instant): void;
  giveUp(noticeId: string): void;
  /** From where on payments are known, where that is not the first; a text of whoever asks. */
  since(): string | undefined;
  beginAnew(since: string): void;
  /** Notices that were never taken. */
  givenUp(): number;
  close(): void;
}

/** For a process that was killed to let go of the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
/** SQLITE_ERROR: the statement fits no table of the file. */
const SQLITE_ERROR = 1;
const RESTORE =
  'Bring it back from a backup; or move it away: the simulated provider then knows no payment from before, payouts under way are given to it again, and top-ups under way expire.';

const damaged = (file: string, why: string, cause?: unknown): DamagedFileError =>
  new DamagedFileError(file, why, RESTORE, { cause });

/** It moves no money, so it need not outlive a power cut to the last moment; a killed process costs it nothing. */
const tune = (database: DatabaseSync): void =>
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');

function openDatabase(file: string): DatabaseSync {
  if (file === ':memory:') {
    const database = new DatabaseSync(file);
    database.exec(TABLES);
    return database;
  }
  if (!existsSync(file)) createWhole(file, (database) => database.exec(TABLES));
  // SQLite would take an empty file for a new database, and meet a missing page only when it is asked for.
  if (statSync(file).size === 0) throw damaged(file, 'is empty: it was cut short');
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (database.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok')
      throw damaged(file, 'is damaged or cut short');
    tune(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether the provider remembers any payment; what cannot be read is told by whoever opens it to write. */
export function knowsPayments(file: string): boolean {
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    return database.prepare('SELECT 1 FROM payment LIMIT 1').get() !== undefined;
  } catch {
    return false;
  } finally {
    database?.close();
  }
}

/**
 * Opens the provider's memory in a file, or in memory alone with `:memory:`.
 *
 * @throws DamagedFileError; what SQLite throws of a file that cannot be used now
 */
export function openLedger(file: string): Ledger {
  try {
    return ledgerIn(openDatabase(file));
  } catch (error) {
    if (!isDamage(error) && sqliteCode(error) !== SQLITE_ERROR) throw error;
    const reason = reasonOf(error);
    throw damaged(file, `is damaged, or no ledger of the simulated provider: ${reason}`, error);
  }
}

function ledgerIn(database: DatabaseSync): Ledger {
  const byId = database.prepare('SELECT * FROM payment WHERE id = ?');
  const byToken = database.prepare('SELECT * FROM payment WHERE token = ?');
  const put = database.prepare(
    `INSERT INTO payment VALUES (:id, :direction, :person, :amount, :currency, :token, :status, :expires_at)
     ON CONFLICT (id) DO UPDATE SET status = excluded.status`,
  );
  const tell = database.prepare(`INSERT OR IGNORE INTO notice VALUES (?, ?, 0, ?, 'waiting')`);
  const due = database.prepare(
    `SELECT id, body, attempts FROM notice WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
  );
  const next = database.prepare(`SELECT min(due_at) AS at FROM notice WHERE state = 'waiting'`);
  const settle = database.prepare('UPDATE notice SET state = ?, attempts = attempts + 1 WHERE id = ?');
  const postpone = database.prepare('UPDATE notice SET due_at = ?, attempts = attempts + 1 WHERE id = ?');
  const lost = database.prepare(`SELECT count(*) AS lost FROM notice WHERE state = 'given_up'`);
  // Only now, when the others have shown that it is a ledger.
  database.exec(BEGINNING);
  const beginning = database.prepare('SELECT since FROM beginning ORDER BY rowid DESC LIMIT 1');
  const begin = database.prepare('INSERT INTO beginning VALUES (?)');

  const found = (row: unknown): ProviderPayment | undefined =>
    row === undefined ? undefined : ProviderPayment.parse(row);
  return {
    payment: (id) => found(byId.get(id)),
    byToken: (token) => found(byToken.get(token)),
    keep(payment, told) {
      inTransaction(database, () => {
        put.run(payment);
        if (told !== undefined)
          tell.run(told.notice.noticeId, JSON.stringify(Notice.encode(told.notice)), told.dueAt);
      });
    },
    due: (now, limit) => z.array(Waiting).parse(due.all(now, limit)),
    nextDue: () => z.object({ at: Instant.nullable() }).parse(next.get()).at ?? undefined,
    delivered: (noticeId) => void settle.run('delivered', noticeId),
    retry: (noticeId, dueAt) => void postpone.run(dueAt, noticeId),
    giveUp: (noticeId) => void settle.run('given_up', noticeId),
    since: () => z.object({ since: z.string() }).optional().parse(beginning.get())?.since,
    beginAnew: (since) => void begin.run(since),
    givenUp: () => z.object({ lost: z.int() }).parse(lost.get()).lost,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
