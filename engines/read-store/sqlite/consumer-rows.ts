import type { Position } from '#domain/kernel/envelope.ts';
import {
  type ConsumerRecord,
  consumerStoreLimits,
  type Lease,
  type ParkedChange,
  type ParkedKey,
} from '#domain/kernel/ports/consumer-store.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import type { Database } from './database.ts';

/** Leases, checkpoints and parked keys. */
export class ConsumerRows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  lease(consumer: string, owner: string, nowMs: number, ttlMs: number, inherits = false): Lease | undefined {
    const row = this.#database.one(
      `INSERT INTO consumers (name, owner, epoch, leased_until_ms) VALUES (?1, ?2, 1, ?3 + ?4)
       ON CONFLICT (name) DO UPDATE SET epoch = epoch + (owner IS NOT excluded.owner), owner = excluded.owner,
         leased_until_ms = excluded.leased_until_ms
         WHERE owner IS NULL OR owner = excluded.owner OR leased_until_ms <= ?3 OR ?5
       RETURNING epoch, checkpoint`,
      consumer,
      owner,
      nowMs,
      ttlMs,
      inherits ? 1 : 0,
    );
    if (row === undefined) return undefined;
    return {
      consumer,
      owner,
      epoch: Number(row.epoch),
      checkpoint: (row.checkpoint as bigint | null) ?? 0n,
    };
  }

  release({ consumer, owner, epoch }: Lease): void {
    this.#database.run(
      'UPDATE consumers SET owner = NULL WHERE name = ? AND owner = ? AND epoch = ?',
      consumer,
      owner,
      epoch,
    );
  }

  /** Inside a transaction of the caller. False: another owner has come since, it is forgotten, or it stands elsewhere. */
  moveCheckpoint({ consumer, owner, epoch, checkpoint: from }: Lease, checkpoint: Position): boolean {
    return (
      this.#database.run(
        `UPDATE consumers SET checkpoint = ?1 WHERE name = ?2 AND owner = ?3 AND epoch = ?4
           AND coalesce(checkpoint, 0) IN (?5, ?1)`,
        checkpoint,
        consumer,
        owner,
        epoch,
        from,
      ) === 1
    );
  }

  checkpoint(consumer: string): Position | undefined {
    const row = this.#database.one('SELECT checkpoint FROM consumers WHERE name = ?', consumer);
    return (row?.checkpoint as bigint | null | undefined) ?? undefined;
  }

  all(): readonly ConsumerRecord[] {
    return this.#database
      .all('SELECT name, checkpoint, owner, leased_until_ms FROM consumers ORDER BY name')
      .map((row) => ({
        consumer: String(row.name),
        checkpoint: (row.checkpoint as bigint | null) ?? undefined,
        owner: (row.owner as string | null) ?? undefined,
        leasedUntilMs: Number(row.leased_until_ms),
      }));
  }

  forget(consumer: string): void {
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM consumers WHERE name = ?', consumer);
      this.#database.run('DELETE FROM parked WHERE consumer = ?', consumer);
      this.#database.run('DELETE FROM parked_positions WHERE consumer = ?', consumer);
    });
  }

  /** Inside a transaction of the caller. */
  changeParked(consumer: string, change: ParkedChange): void {
    const { key } = change;
    switch (change.change) {
      case 'park':
        this.#database.run(
          `INSERT INTO parked (consumer, key, error, since, retry) VALUES (?, ?, ?, ?, 0)
           ON CONFLICT DO UPDATE SET error = excluded.error, retry = 0`,
          consumer,
          key,
          change.error,
          change.at,
        );
        this.#append(consumer, key, change.positions);
        return;
      case 'append':
        this.#append(consumer, key, change.positions);
        return;
      case 'advance':
        this.#database.run(
          'DELETE FROM parked_positions WHERE consumer = ? AND key = ? AND position <= ?',
          consumer,
          key,
          change.through,
        );
        return;
      case 'release':
        this.#database.run('DELETE FROM parked WHERE consumer = ? AND key = ?', consumer, key);
        this.#database.run('DELETE FROM parked_positions WHERE consumer = ? AND key = ?', consumer, key);
        return;
      default:
        unreachable(change);
    }
  }

  #append(consumer: string, key: string, positions: readonly Position[]): void {
    for (const position of positions)
      this.#database.run('INSERT OR IGNORE INTO parked_positions VALUES (?, ?, ?)', consumer, key, position);
  }

  parked(consumer: string | undefined): readonly ParkedKey[] {
    return this.#database
      .all(
        `SELECT consumer, key, error, since, retry, (SELECT count(*) FROM parked_positions AS waiting
           WHERE waiting.consumer = parked.consumer AND waiting.key = parked.key) AS waiting
         FROM parked WHERE consumer = ?1 OR ?1 IS NULL ORDER BY consumer, key`,
        consumer ?? null,
      )
      .map((row) => ({
        consumer: String(row.consumer),
        key: String(row.key),
        error: String(row.error),
        since: String(row.since),
        positions: this.#positions(String(row.consumer), String(row.key)),
        waiting: Number(row.waiting),
        retry: row.retry === 1n,
      }));
  }

  #positions(consumer: string, key: string): readonly Position[] {
    return this.#database
      .all(
        'SELECT position FROM parked_positions WHERE consumer = ? AND key = ? ORDER BY position LIMIT ?',
        consumer,
        key,
        consumerStoreLimits.parkedPositions,
      )
      .map((row) => row.position as bigint);
  }

  isParked(consumer: string, key: string): boolean {
    const row = this.#database.one(
      'SELECT 1 AS there FROM parked WHERE consumer = ? AND key = ?',
      consumer,
      key,
    );
    return row !== undefined;
  }

  requestRetry(consumer: string, key: string | undefined): number {
    return this.#database.run(
      'UPDATE parked SET retry = 1 WHERE consumer = ?1 AND (key = ?2 OR ?2 IS NULL)',
      consumer,
      key ?? null,
    );
  }
}
