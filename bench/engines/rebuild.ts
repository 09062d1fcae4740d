import { type AnyBulkWriteOperation, MongoClient } from 'mongodb';
import type { Workplace } from '#cli/projections.ts';
import { registry, views } from '#compose/contexts.ts';
import { openHistory, openReadStore, storesAt } from '#compose/stores.ts';
import { openWorkplace } from '#compose/workplace.ts';
import type { Commit, ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { collectionOf } from '#engines/read-store/mongodb/declared.ts';
import { type DocumentRow, rowOf, tablesIn } from '#engines/read-store/mongodb/rows.ts';
import { rebuildView } from '#projections/runtime/rebuild.ts';
import type { View } from '#projections/view.ts';
import { givenHistory, historyFolder } from '../history.ts';
import { inTurns, perSecond } from '../measuring.ts';
import { ranRow, ratioAtLeast } from '../row.ts';
import { onServers } from './on-servers.ts';
import { dropDatabase, mongoAt } from './servers.ts';

const GOAL = ratioAtLeast(0.5);

/** The writes of one view, commit by commit. */
interface Written {
  readonly view: View;
  readonly commits: readonly Commit['writes'][];
}

const writesIn = (written: readonly Written[]): number =>
  written.reduce((all, { commits }) => all + commits.reduce((sum, writes) => sum + writes.length, 0), 0);

/** Opens the history as the command line does, with an empty database. */
async function withoutViews<T>(
  url: string,
  folder: string,
  work: (place: Workplace) => Promise<T>,
): Promise<T> {
  await dropDatabase(url);
  const place = await openWorkplace({
    folder,
    readStore: mongoAt(url),
    views,
    registry,
    print: () => undefined,
  });
  try {
    return await work(place);
  } finally {
    await place.close();
  }
}

async function rebuildEach(place: Workplace): Promise<void> {
  for (const view of views) await rebuildView({ view, ...place });
}

/** Everything that a rebuild writes. */
const recorded = (url: string, folder: string): Promise<readonly Written[]> =>
  withoutViews(url, folder, async ({ readStore, clock }) => {
    const store = await openHistory({ profile: 'embedded', folder }, { clock, readOnly: true });
    const written: Written[] = [];
    for (const view of views) {
      const commits: Commit['writes'][] = [];
      written.push({ view, commits });
      const consumers: ConsumerStore = {
        ...readStore.consumers,
        commit(commit) {
          commits.push(commit.writes);
          return readStore.consumers.commit(commit);
        },
      };
      const consume = consumerLoop({ feed: store, store, consumers, registry, clock, owner: 'bench' });
      await rebuildView({ view, store, clock, consume, readStore });
    }
    await store.close();
    return written;
  });

type Operation = AnyBulkWriteOperation<DocumentRow>;

/**
 * By hand: the very documents, ready, into collections with the same indexes, with the same durability, as many at once. What is there
 * already is known, so that the rest may be inserted, which is the fastest that the server can do. Answers documents a second.
 */
async function bareWriting(url: string, written: readonly Written[]): Promise<number> {
  await dropDatabase(url);
  const at = mongoAt(url);
  const store = await openReadStore(storesAt('', at));
  for (const { view } of written)
    await store.documents.declare({ name: view.name, indexes: view.indexes, text: view.text });
  await store.close();
  const writeConcern = { w: 'majority', journal: true } as const;
  const client = new MongoClient(url, { writeConcern, useBigInt64: true });
  const db = client.db(at.database);
  const batches: { readonly into: string; readonly operations: Operation[] }[] = [];
  for (const { view, commits } of written) {
    const declared = await tablesIn(db).collections.findOne({ _id: view.name });
    if (declared === null) throw new Error(`${view.name} is not there`);
    const collection = collectionOf(declared);
    const there = new Set<string>();
    for (const writes of commits) {
      const rows = [...new Map(writes.map((write) => [write.id, rowOf(write, collection)])).values()];
      const operations = rows.map((row): Operation => {
        const { _id } = row;
        if (there.has(_id)) return { replaceOne: { filter: { _id }, replacement: row } };
        there.add(_id);
        return { insertOne: { document: row } };
      });
      if (operations.length > 0) batches.push({ into: collection.physical, operations });
    }
  }
  const startedAt = performance.now();
  for (const { into, operations } of batches)
    await db.collection<DocumentRow>(into).bulkWrite(operations, { ordered: false });
  const rate = perSecond(writesIn(written), startedAt);
  await client.close();
  return rate;
}

/** Reads events, folds them, and writes documents and checkpoints in transactions; against nothing but writing the documents. */
export const mongoRebuildBench = onServers({
  name: 'engines-rebuild',
  what: 'every view rebuilt into MongoDB, one after the other',
  goal: GOAL,
  servers: ['mongodb'],
  async measure(run, { mongodb: url }) {
    const size = run.short ? { bids: 100, events: 1 } : { bids: 500, events: 4_000 };
    const events = await givenHistory(run.folder, size);
    const folder = historyFolder(run.folder);
    const written = await recorded(url, folder);
    const documents = writesIn(written);
    const rounds = run.short ? 1 : 3;
    const rates = await inTurns(run, {
      name: 'engines-rebuild',
      rounds,
      ours: () =>
        withoutViews(url, folder, async (place) => {
          const startedAt = performance.now();
          await rebuildEach(place);
          return perSecond(documents, startedAt);
        }),
      theirs: () => bareWriting(url, written),
    });
    return [
      ranRow({
        name: 'engines-rebuild',
        what: `every view rebuilt into MongoDB, one after the other, from ${events} events`,
        value: rates.ours,
        unit: 'documents/s',
        against: {
          what: 'the driver’s bulkWrite of the same documents into the same collections, majority and journal',
          value: rates.theirs,
        },
        goal: GOAL,
        rounds,
        medianOf: 'whole rebuilds',
        details: { views: views.length, 'documents written': documents },
        note: 'A document counts as often as it is written.',
      }),
    ];
  },
});
