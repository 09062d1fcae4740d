import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { data, eventId, metadata, ROUND_MS, rate, rawDatabase, STREAMS } from './raw-sqlite.ts';
import { type Row, rateRow } from './row.ts';

const ROUNDS = 5;
const GOAL = 0.7;

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
