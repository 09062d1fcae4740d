import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Workplace } from '#cli/projections.ts';
import { registry, views } from '#compose/contexts.ts';
import { openHistory, openReadStore } from '#compose/stores.ts';
import { openWorkplace } from '#compose/workplace.ts';
import type { Commit, ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { textOf, wordsOf } from '#engines/read-store/collection.ts';
import { rebuildView } from '#projections/runtime/rebuild.ts';
import type { View } from '#projections/view.ts';
import { givenHistory, historyFolder } from './history.ts';
import { inTurns } from './measuring.ts';
import { type Bench, ranRow, ratioAtLeast } from './row.ts';

const GOAL = ratioAtLeast(0.6);

/** What the rebuild of one view wrote, commit by commit. */
interface Written {
  readonly view: View;
  readonly commits: readonly Commit[];
}

interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
}

const seconds = (startedAt: number): number => (performance.now() - startedAt) / 1_000;

/** Opens the folder as the command line does, with no views in it yet. */
async function withoutViews<T>(folder: string, work: (place: Workplace) => Promise<T>): Promise<T> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `views.db${suffix}`), { force: true });
  const place = await openWorkplace({ folder, views, registry, print: () => undefined });
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}

/** Rebuilds every view, one after the other. */
async function rebuild(place: Workplace): Promise<Rebuilt> {
  const startedAt = performance.now();
  let events = 0;
  for (const view of views) {
    const { events: handled } = await rebuildView({ view, ...place });
    events += handled;
  }
  return { events, seconds: seconds(startedAt) };
}

/** Everything that a rebuild writes, to have it written by hand as well. */
async function recorded(folder: string): Promise<readonly Written[]> {
  return withoutViews(folder, async ({ readStore, clock }) => {
    const written: Written[] = [];
    const store = await openHistory({ profile: 'embedded', folder }, { clock, readOnly: true });
    for (const view of views) {
      const commits: Commit[] = [];
      written.push({ view, commits });
      const recording: ConsumerStore = {
        ...readStore.consumers,
        commit(commit) {
          commits.push(commit);
          return readStore.consumers.commit(commit);
        },
      };
      const consume = consumerLoop({
        feed: store,
        store,
        consumers: recording,
        registry,
        clock,
        owner: 'bench',
      });
      await rebuildView({ view, store, clock, consume, readStore });
    }
    await store.close();
    return written;
  });
}

/** By hand: for each commit of the view the same events read and parsed, and the same documents put into the same table. */
async function bareLoop(history: string, folder: string, written: readonly Written[]): Promise<Rebuilt> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const made = await openReadStore({ profile: 'embedded', folder });
  for (const { view } of written)
    await made.documents.declare({ name: view.name, indexes: view.indexes, text: view.text });
  await made.close();
  const source = new DatabaseSync(join(history, 'events.db'), { readOnly: true });
  const target = new DatabaseSync(join(folder, 'views.db'));
  target.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 8000`);
  const startedAt = performance.now();
  let events = 0;
  for (const one of written) events += bareView(source, target, one);
  const took = seconds(startedAt);
  source.close();
  target.close();
  return { events, seconds: took };
}

function bareView(source: DatabaseSync, target: DatabaseSync, { view, commits }: Written): number {
  const types = view.events.map(({ type }) => `'${type}'`).join(', ');
  const read = source.prepare(
    `SELECT event.*, stream.name FROM event INDEXED BY event_kind CROSS JOIN stream ON stream.id = event.stream
     WHERE position > ? AND position <= ? AND event.type IN (SELECT id FROM type WHERE name IN (${types}))
     ORDER BY position`,
  );
  const id = target.prepare('SELECT id FROM collections WHERE name = ?').get(view.name)?.id;
  const upsert = target.prepare(
    `INSERT INTO documents_${String(id)} (id, key, position, body, words) VALUES (?, ?, ?, jsonb(?), ?)
     ON CONFLICT (id) DO UPDATE SET key = excluded.key, position = excluded.position, body = excluded.body,
       words = excluded.words WHERE excluded.position > position`,
  );
  let events = 0;
  let after = 0n;
  for (const { writes, checkpoint } of commits) {
    const rows = read.all(after, checkpoint);
    for (const { data, metadata } of rows) {
      JSON.parse(String(data));
      JSON.parse(String(metadata));
    }
    events += rows.length;
    after = checkpoint;
    target.exec('BEGIN IMMEDIATE');
    for (const { id: document, key, position, body } of writes) {
      const words =
        body === null || view.text.length === 0 ? null : wordsOf(textOf(body, view.text)).join(' ');
      upsert.run(document, key, position, body === null ? null : JSON.stringify(body), words);
    }
    target.exec('COMMIT');
  }
  return events;
}

export const rebuildBench: Bench = {
  name: 'rebuild',
  async measure(run) {
    const size = run.short ? { bids: 100, events: 1 } : { bids: 2_000, events: 60_000 };
    const history = historyFolder(run.folder);
    const events = await givenHistory(run.folder, size);
    const written = await recorded(history);
    const documents = written.reduce(
      (sum, { commits }) => sum + commits.reduce((count, { writes }) => count + writes.length, 0),
      0,
    );
    const rate = ({ events: handled, seconds: took }: Rebuilt): number => handled / took;
    const rounds = run.short ? 1 : 3;
    const { ours, theirs } = await inTurns(run, {
      name: 'rebuild',
      rounds,
      ours: async () => rate(await withoutViews(history, rebuild)),
      theirs: async () => rate(await bareLoop(history, join(run.folder, 'bare'), written)),
      profiled: () => withoutViews(history, (place) => run.profiled('rebuild', () => rebuild(place))),
    });
    const row = ranRow({
      name: 'rebuild',
      what: `every view rebuilt, one after the other, from ${events} events`,
      value: ours,
      unit: 'events/s',
      against: {
        what: 'node:sqlite, the same events read and parsed, the same documents upserted',
        value: theirs,
      },
      goal: GOAL,
      rounds,
      medianOf: 'whole rebuilds',
      details: { views: views.length, 'documents written': documents },
      note: 'An event counts once for each view that takes it.',
    });
    return [row];
  },
};
