import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { Instant } from '#domain/kernel/instant.ts';
import { PaymentNotice as Notice, type PaymentNotice } from '#domain/kernel/ports/payments.ts';

// What the simulated provider remembers: a provider forgets nothing either when we restart.

const TABLES = `
  CREATE TABLE IF NOT EXISTS payment (
    id TEXT PRIMARY KEY, direction TEXT NOT NULL, person TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
    token TEXT UNIQUE, status TEXT NOT NULL, expires_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS notice (
    id TEXT PRIMARY KEY, body TEXT NOT NULL, attempts INTEGER NOT NULL, due_at TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS notice_due ON notice (state, due_at);
`;

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
  /** Notices that were never taken. */
  givenUp(): number;
  close(): void;
}

/** Opens the provider's memory in a file, or in memory alone with `:memory:`. */
export function openLedger(file: string): Ledger {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  // It moves no money, so it need not outlive a power cut to the last moment; a killed process costs it nothing.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  database.exec(TABLES);
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

  const found = (row: unknown): ProviderPayment | undefined =>
    row === undefined ? undefined : ProviderPayment.parse(row);
  return {
    payment: (id) => found(byId.get(id)),
    byToken: (token) => found(byToken.get(token)),
    keep(payment, told) {
      database.exec('BEGIN IMMEDIATE');
      try {
        put.run(payment);
        if (told !== undefined)
          tell.run(told.notice.noticeId, JSON.stringify(Notice.encode(told.notice)), told.dueAt);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    due: (now, limit) => z.array(Waiting).parse(due.all(now, limit)),
    nextDue: () => z.object({ at: Instant.nullable() }).parse(next.get()).at ?? undefined,
    delivered: (noticeId) => void settle.run('delivered', noticeId),
    retry: (noticeId, dueAt) => void postpone.run(dueAt, noticeId),
    giveUp: (noticeId) => void settle.run('given_up', noticeId),
    givenUp: () => z.object({ lost: z.int() }).parse(lost.get()).lost,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
