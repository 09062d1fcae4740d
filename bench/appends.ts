import { join } from 'node:path';
import { openHistory } from '#compose/stores.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { inTurns, medianOfRounds, perSecond, timingOf } from './measuring.ts';
import { data, eventId, metadata, rawDatabase, STREAMS } from './raw-sqlite.ts';
import { type Bench, ranRow, ratioAtLeast } from './row.ts';

const GOAL = ratioAtLeast(0.7);

/**
 * Callers, each of which appends one event and waits until it is durable, again and again, for so many milliseconds.
 * Answers events per second.
 */
export async function portAppends(
  store: EventStore,
  options: { readonly inFlight: number; readonly roundMs: number; readonly next: () => number },
): Promise<number> {
  const { inFlight, roundMs, next } = options;
  const startedAt = performance.now();
  let count = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - startedAt < roundMs) {
        const at = next();
        const event = { eventId: eventId(at), type: 'BidAccepted', data, metadata };
        const result = await store.append(`auction-${1 + (at % STREAMS)}`, 'any', [event]);
        if (result.status !== 'appended') throw new Error(`an append came to ${result.status}`);
        count += 1;
      }
    }),
  );
  return perSecond(count, startedAt);
}

/** Numbers from 1. */
export function counter(): () => number {
  let count = 0;
  return () => {
    count += 1;
    return count;
  };
}

/** Durable appends of single events through the port, against node:sqlite committing groups of as many by hand. */
function appends(inFlight: number): Bench {
  const name = `append-${inFlight}`;
  return {
    name,
    async measure(run) {
      const timing = timingOf(run);
      const { rounds, roundMs } = timing;
      const raw = await rawDatabase(join(run.folder, 'raw'));
      const store = await openHistory(
        { profile: 'embedded', folder: join(run.folder, 'port') },
        { clock: systemClock() },
      );
      const next = counter();
      try {
        const { ours, theirs } = await inTurns(run, {
          name,
          rounds,
          ours: () => portAppends(store, { inFlight, roundMs, next }),
          theirs: () => raw.appends(inFlight, roundMs),
        });
        const row = ranRow({
          name,
          what: `durable appends of one event, ${inFlight} in flight`,
          value: ours,
          unit: 'events/s',
          against: { what: `node:sqlite, ${inFlight} inserts in each commit`, value: theirs },
          goal: GOAL,
          rounds,
          medianOf: medianOfRounds(timing),
        });
        return [row];
      } finally {
        raw.close();
        await store.close();
      }
    },
  };
}

export const appendBenches: readonly Bench[] = [1, 64, 256].map(appends);
