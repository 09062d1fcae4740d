import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '#engines/clock/system.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';

/** How long each round of a measurement lasts, in milliseconds. */
export const ROUND_MS = 500;
/** Over how many streams events are spread. */
export const STREAMS = 100;

/** An event as the house stores it: about 600 bytes with its metadata. */
export const data = {
  auctionId: 'auction-4711',
  bidId: '0198c0de-0000-7000-8000-000000000001',
  bidder: 'person-42',
  price: { amount: '12500', currency: 'USD' },
  smallestBid: { amount: '12750', currency: 'USD' },
};
export const metadata = {
  version: 1,
  occurredAt: '2026-03-01T12:00:00.000Z',
  actor: 'person-42',
  roles: ['bidder'],
  command: 'PlaceBid',
  commandId: '0198c0de-0000-7000-8000-000000000002',
  payload: 'pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4',
  correlationId: '0198c0de-0000-7000-8000-000000000002',
  causationId: '0198c0de-0000-7000-8000-000000000002',
  origin: { channel: 'graphql', address: '127.0.0.1' },
};

export const eventId = (at: number): string => `0198c0de-0000-7000-8000-${at.toString(16).padStart(12, '0')}`;
export const rate = (count: number, startedAt: number): number =>
  (count * 1_000) / (performance.now() - startedAt);

/**
 * The peer: node:sqlite on the tables and settings of the store itself (its own empty file, opened by hand), the same rows,
 * `group` of them in each transaction.
 */
export async function rawDatabase(folder: string) {
  const made = await openSqliteEventStore({ folder, clock: systemClock() });
  await made.close();
  const db = new DatabaseSync(join(folder, 'events.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  const stream = db.prepare('INSERT INTO stream (id, name) VALUES (?, ?)');
  for (let id = 1; id <= STREAMS; id++) stream.run(id, `auction-${id}`);
  db.exec(`INSERT INTO type (id, name) VALUES (1, 'BidAccepted')`);
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  let position = 0;
  return {
    appends(group: number): number {
      const startedAt = performance.now();
      let count = 0;
      while (performance.now() - startedAt < ROUND_MS) {
        db.exec('BEGIN');
        for (let at = 0; at < group; at++) {
          position += 1;
          const [dataText, metadataText] = [JSON.stringify(data), JSON.stringify(metadata)];
          const [id, revision] = [1 + (position % STREAMS), Math.floor(position / STREAMS)];
          const now = new Date().toISOString();
          insert.run(position, id, revision, 1, eventId(position), now, dataText, metadataText);
        }
        db.exec('COMMIT');
        count += group;
      }
      return rate(count, startedAt);
    },
    /** Reads everything by pages, with its JSON. */
    replay(events: number): number {
      const page = db.prepare(
        `SELECT event.*, stream.name FROM event JOIN stream ON stream.id = event.stream
         WHERE position > ? ORDER BY position LIMIT 1000`,
      );
      const startedAt = performance.now();
      let count = 0;
      for (let after = 0; count < events; ) {
        const rows = page.all(after);
        for (const row of rows) {
          JSON.parse(String(row.data));
          JSON.parse(String(row.metadata));
          after = Number(row.position);
        }
        count += rows.length;
      }
      return rate(count, startedAt);
    },
    count: (): number => position,
    close: (): void => db.close(),
  };
}
