import assert from 'node:assert/strict';
import { it } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { collectionOf } from '#projections/runtime/builds.ts';
import { viewHandler } from '#projections/runtime/handler.ts';
import {
  append,
  countersView,
  type Fact,
  historyOf,
  loopOf,
  totalsIn,
  totalsOf,
} from '#test/support/counters.ts';

const build = { version: 1, number: 1 };

/** What a view reads of its own documents while it is filled and then goes on in another session. */
async function readsOf(partitions: number, rounds: readonly (readonly Fact[])[]): Promise<string[][]> {
  const store = await historyOf([]);
  const { readStore } = memoryStores();
  const collection = collectionOf('counters', build);
  await readStore.documents.declare({ name: collection, indexes: [], text: [] });
  const reads: string[][] = [];
  const documents = {
    get(name: string, ids: readonly string[]) {
      reads.at(-1)?.push(...ids);
      return readStore.documents.get(name, ids);
    },
  };
  const handler = { ...viewHandler(countersView(), build, documents), partitions };
  for (const facts of rounds) {
    reads.push([]);
    await append(store, facts);
    const consumer = await loopOf(store, readStore)(handler);
    assert.equal(await consumer.reached(await store.head(), 10_000), true);
    await consumer.stop();
  }
  assert.deepEqual(await totalsIn(readStore, collection), totalsOf(rounds.flat()));
  return reads.map((ids) => ids.toSorted());
}

const rounds: readonly (readonly Fact[])[] = [
  [
    ['ann', 5n],
    ['bob', 7n],
    ['ann', 6n],
  ],
  [
    ['bob', 1n],
    ['cy', 2n],
  ],
];

it('a build that is filled by one session reads nothing of its own, and whoever goes on reads what it changes', async () => {
  assert.deepEqual(await readsOf(1, rounds), [[], ['bob', 'cy']]);
});

it('parts of a view, of which one knows nothing of the others, read what they change', async () => {
  assert.deepEqual(await readsOf(3, rounds), [
    ['ann', 'bob'],
    ['bob', 'cy'],
  ]);
});
