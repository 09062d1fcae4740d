import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistory } from '#compose/stores.ts';
import { systemClock } from '#engines/clock/system.ts';
import { perSecond } from './measuring.ts';

/** Over how many streams events are spread. */
export const STREAMS = 100;

/** An event as the platform stores it: about 600 bytes with its metadata. */
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

/**
 * The peer: node:sqlite on the tables, page size and settings of the store itself (an empty file of its own, opened by
 * hand), inserting the same rows with the same indexes, `group` of them in each transaction, each transaction synced to
 * the disk. It works in the caller's thread and waits for the disk there, as the simplest program would.
 */
export async function rawDatabase(folder: string) {
  const made = await openHistory({ profile: 'embedded', folder }, { clock: systemClock() });
  await made.close();
  const db = new DatabaseSync(join(folder, 'events.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;');
  const stream = db.prepare('INSERT INTO stream (id, name) VALUES (?, ?)');
  for (let id = 1; id <= STREAMS; id++) stream.run(id, `auction-${id}`);
  db.exec(`INSERT INTO type (id, name) VALUES (1, 'BidAccepted')`);
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  let position = 0;

  function insertOne(): void {
    position += 1;
    const [dataText, metadataText] = [JSON.stringify(data), JSON.stringify(metadata)];
    const [id, revision] = [1 + (position % STREAMS), Math.floor(position / STREAMS)];
    insert.run(
      position,
      id,
      revision,
      1,
      eventId(position),
      new Date().toISOString(),
      dataText,
      metadataText,
    );
  }

  return {
    /** Events per second of groups of this size, over so many milliseconds. */
    appends(group: number, roundMs: number): number {
      const startedAt = performance.now();
      let count = 0;
      while (performance.now() - startedAt < roundMs) {
        begin.run();
        for (let at = 0; at < group; at++) insertOne();
        commit.run();
        count += group;
      }
      return perSecond(count, startedAt);
    },
    close: (): void => db.close(),
  };
}
