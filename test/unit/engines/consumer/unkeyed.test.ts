import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { partsOf } from '#engines/consumer/partition.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { append, appendUnreadable, clock, historyOf, loopOf, registry } from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';
import { abc, amountOf, keyOf, notebook } from './notebook.ts';

describe('an event of which nobody can tell the key', () => {
  const parkedIn = async (readStore: ReadStore) =>
    Object.fromEntries((await readStore.consumers.parked()).map(({ key, waiting }) => [key, waiting]));

  /** As code would be that reads what this one does not. */
  const lenientLoop = (store: EventStore, { consumers }: ReadStore) =>
    consumerLoop({
      ...{ feed: store, store, consumers, clock, owner: 'fixed' },
      registry: { ...registry, decode: readingMuchAs(9n) },
    });

  it('whose key throws parks under its stream, with what its stream brings, and the rest flows', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const asked: string[] = [];
    const picky: Handler = {
      ...handler,
      key(event) {
        asked.push(`${keyOf(event)}${amountOf(event)}`);
        if (amountOf(event) === 1n) throw new Error('no key');
        return keyOf(event);
      },
    };
    const consumer = await loopOf(store, readStore)(picky);
    const last = await append(store, [
      ['b', 4n],
      ['a', 5n],
    ]);
    assert.equal(await consumer.reached(last, 5_000), true);
    assert.deepEqual(seen, ['b2', 'b4']);
    // Once to be met and once for a guess, and never again.
    assert.equal(asked.filter((it) => it === 'a1').length, 2);
    assert.deepEqual(await parkedIn(readStore), { 'unkeyed:counter-a': 1, a: 3 });
    await consumer.stop();
    assert.match(
      (await readStore.consumers.parked('notebook'))[0]?.error ?? '',
      /waits behind unkeyed:counter-a|no key/,
    );

    const better = await loopOf(store, readStore)(handler);
    await readStore.consumers.requestRetry('notebook', undefined);
    await until(async () => (await readStore.consumers.parked()).length === 0, 'released');
    assert.deepEqual(seen, ['b2', 'b4', 'a1', 'a1', 'a3', 'a5']);
    await better.stop();
  });

  it('does not fit its schema: its key waits in every stream, and nothing of it overtakes', async () => {
    const store = await historyOf([['a', 1n]]);
    // Of the key `a`, in another stream than the rest of it.
    await appendUnreadable(store, 'counter-other', { name: 'a', by: 'much', group: 'all' });
    const last = await append(store, [
      ['a', 2n],
      ['b', 3n],
    ]);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const consumer = await loopOf(store, readStore)(handler);
    assert.equal(await consumer.reached(last, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b3']);
    assert.deepEqual(await parkedIn(readStore), { 'unkeyed:counter-other': 1, a: 2 });
    await until(() => consumer.status().state === 'live', 'it lives on');
    // Another try with the same code leaves everything where it waits.
    await readStore.consumers.requestRetry('notebook', undefined);
    await until(async () => (await readStore.consumers.parked()).every(({ retry }) => !retry), 'tried');
    assert.deepEqual(await parkedIn(readStore), { 'unkeyed:counter-other': 1, a: 2 });
    assert.deepEqual(seen, ['a1', 'b3']);
    await consumer.stop();

    const loop = lenientLoop(store, readStore);
    await readStore.consumers.requestRetry('notebook', undefined);
    const better = await loop(handler);
    await until(async () => (await readStore.consumers.parked()).length === 0, 'released');
    // Met twice, under its stream and under its key: consumers take that.
    assert.deepEqual(seen, ['a1', 'b3', 'a9', 'a9', 'a2']);
    await better.stop();
  });

  it('says nothing of its key at all: what its stream brings next waits behind it, in whatever stream', async () => {
    const store = await historyOf([['a', 1n]]);
    await appendUnreadable(store, 'counter-a', {});
    await append(store, [['a', 2n]]);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const consumer = await loopOf(store, readStore)({ ...handler, key: ({ data }) => nameIn(data) });
    const last = await append(store, [
      ['b', 3n],
      ['a', 4n],
    ]);
    assert.equal(await consumer.reached(last, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b3']);
    assert.deepEqual(await parkedIn(readStore), { 'unkeyed:counter-a': 1, a: 2 });
    await readStore.consumers.requestRetry('notebook', 'a');
    await until(async () => (await readStore.consumers.parked()).every(({ retry }) => !retry), 'tried');
    assert.deepEqual(seen, ['a1', 'b3']);
    await consumer.stop();
  });

  it('is met by each part, and taken by the one whose key it turns out to have', async () => {
    const store = await historyOf([['a', 1n]]);
    const last = await appendUnreadable(store, 'counter-a', { name: 'a', by: 'much', group: 'all' });
    const readStore = memoryReadStore();
    const { seen, handler } = notebook(undefined, 3);
    const consumer = await loopOf(store, readStore)(handler);
    assert.equal(await consumer.reached(last, 5_000), true);
    await consumer.stop();
    const loop = lenientLoop(store, readStore);
    for (const part of partsOf(handler)) await readStore.consumers.requestRetry(part, undefined);
    const better = await loop(handler);
    await until(async () => (await readStore.consumers.parked()).length === 0, 'released');
    assert.deepEqual(seen, ['a1', 'a9', 'a9']);
    await better.stop();
  });
});

const nameIn = (data: object): string => {
  const { name } = data as { name?: string };
  if (name === undefined) throw new Error('no name');
  return name;
};

/** Reading as better code would: what is `much` comes to something. */
const readingMuchAs =
  (by: bigint): (typeof registry)['decode'] =>
  (stored) =>
    registry.decode(
      stored.data.by === 'much' ? { ...stored, data: { ...stored.data, by: by.toString() } } : stored,
    );
