import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { type Row, rateRow } from './row.ts';

const ROUNDS = 5;
const ROUND_MS = 500;
const STREAMS = 100;
const GOAL = 0.7;

const data = {
  auctionId: 'auction-4711',
  bidId: '0198c0de-0000-7000-8000-000000000001',
  bidder: 'person-42',
  price: { amount: '12500', currency: 'USD' },
  smallestBid: { amount: '12750', currency: 'USD' },
};
const metadata = {
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

const eventId = (at: number): string => `0198c0de-0000-7000-8000-${at.toString(16).padStart(12, '0')}`;
const rate = (count: number, startedAt: number): number => (count * 1_000) / (performance.now() - startedAt);

/**
 * The peer: node:sqlite on the tables and settings of the store itself (its own empty file, opened by hand), the same rows,
 * `group` of them in each transaction.
 */
async function rawDatabase(folder: string) {
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

/** `inFlight` callers, each of which appends one event and waits until it is durable, again and again. */
async function portAppends(store: EventStore, next: () => number, inFlight: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - startedAt < ROUND_MS) {
        const at = next();
        const event = { eventId: eventId(at), type: 'BidAccepted', data, metadata };
        const result = await store.append(`auction-${1 + (at % STREAMS)}`, 'any', [event]);
        if (result.status !== 'appended') throw new Error(`an append came to ${result.status}`);
        count += 1;
      }
    }),
  );
  return rate(count, startedAt);
}

async function portReplay(store: EventStore, events: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  for (let after = BEGINNING; count < events; ) {
    const page = await store.readAll({ after, limit: 1_000 });
    count += page.events.length;
    after = page.through;
  }
  return rate(count, startedAt);
}

/** Durable appends and replay through the port, against node:sqlite doing the same by hand, round by round in turn. */
export async function appends(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'appends-'));
  const raw = await rawDatabase(join(folder, 'raw'));
  const store = await openSqliteEventStore({ folder: join(folder, 'port'), clock: systemClock() });
  let appended = 0;
  const next = (): number => {
    appended += 1;
    return appended;
  };
  try {
    const rows: Row[] = [];
    for (const inFlight of [1, 64, 256]) {
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        theirs.push(raw.appends(inFlight));
        ours.push(await portAppends(store, next, inFlight));
      }
      rows.push(rateRow(`durable appends, ${inFlight} in flight`, 'events/s', GOAL, { ours, theirs }));
    }
    const events = Math.min(appended, raw.count(), 50_000);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(raw.replay(events));
      ours.push(await portReplay(store, events));
    }
    rows.push(rateRow('replay of the whole history', 'events/s', GOAL, { ours, theirs }));
    return rows;
  } finally {
    raw.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
