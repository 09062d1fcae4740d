import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHistory } from '#compose/stores.ts';
import { storeLimits } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { everyEvent, givenHistory, historyFolder } from './history.ts';
import { inTurns, perSecond } from './measuring.ts';
import { type Bench, ranRow, ratioAtLeast } from './row.ts';

const GOAL = ratioAtLeast(0.5);

/** Reads the whole history by pages of the same size from the same file, and parses its JSON. Answers events per second. */
function rawReplay(db: DatabaseSync): number {
  const page = db.prepare(
    `SELECT event.*, stream.name FROM event JOIN stream ON stream.id = event.stream
     WHERE position > ? ORDER BY position LIMIT ${storeLimits.pageEvents}`,
  );
  const startedAt = performance.now();
  let count = 0;
  for (let after = 0; ; ) {
    const rows = page.all(after);
    for (const { data, metadata } of rows) {
      JSON.parse(String(data));
      JSON.parse(String(metadata));
    }
    count += rows.length;
    if (rows.length < storeLimits.pageEvents) return perSecond(count, startedAt);
    after = Number(rows.at(-1)?.position);
  }
}

export const replayBench: Bench = {
  name: 'replay',
  async measure(run) {
    const events = await givenHistory(
      run.folder,
      run.short ? { bids: 100, events: 1 } : { bids: 2_000, events: 100_000 },
    );
    const folder = historyFolder(run.folder);
    const store = await openHistory(
      { profile: 'embedded', folder },
      { clock: systemClock(), readOnly: true },
    );
    const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
    try {
      const rounds = run.short ? 1 : 5;
      const { ours, theirs } = await inTurns(run, {
        name: 'replay',
        rounds,
        theirs: () => rawReplay(db),
        async ours() {
          const startedAt = performance.now();
          let count = 0;
          for await (const page of everyEvent(store)) count += page.length;
          return perSecond(count, startedAt);
        },
      });
      const row = ranRow({
        name: 'replay',
        what: 'the whole history, read through the port',
        value: ours,
        unit: 'events/s',
        against: { what: 'node:sqlite, the same pages of the same file with JSON.parse', value: theirs },
        goal: GOAL,
        rounds,
        medianOf: `rounds of ${events} events`,
      });
      return [row];
    } finally {
      db.close();
      await store.close();
    }
  },
};
