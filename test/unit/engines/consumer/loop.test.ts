import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { Batch, EventStore } from '#domain/kernel/ports/event-store.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { partitionOf, partsOf } from '#engines/consumer/partition.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { append, clock, type Fact, historyOf, loopOf, registry } from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';
import { abc, amountOf, keyOf, notebook } from './notebook.ts';

describe('consumer loop', () => {
  it('handles the history in order, then what comes, and goes on after a restart where it stood', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const first = await loopOf(store, readStore)(handler);
    assert.equal(await first.reached(await append(store, [['c', 4n]]), 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3', 'c4']);
    await first.stop();
    assert.equal(first.status().state, 'stopped');
    const last = await append(store, [['d', 5n]]);
    const second = await loopOf(store, readStore)(handler);
    assert.equal(await second.reached(last, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3', 'c4', 'd5']);
    assert.equal(await second.reached(last + 1n, 5), false);
    await second.stop();
  });

  it('begins where it is told when it never ran, and only then', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const consumer = await loopOf(store, readStore)(handler, { from: await store.head() });
    const last = await append(store, [['c', 4n]]);
    assert.equal(await consumer.reached(last, 5_000), true);
    await consumer.stop();
    const again = await loopOf(store, readStore)(handler, { from: 0n });
    assert.equal(await again.reached(last, 5_000), true);
    await again.stop();
    assert.deepEqual(seen, ['c4']);
  });

  it('parks a key that fails, lets the others flow, and replays it in order with what came meanwhile', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    let broken = true;
    const { seen, handler } = notebook((event) => broken && keyOf(event) === 'a' && amountOf(event) === 3n);
    const consumer = await loopOf(store, readStore)(handler);
    const last = await append(store, [
      ['a', 4n],
      ['b', 5n],
    ]);
    assert.equal(await consumer.reached(last, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'b5']);
    assert.equal(consumer.status().parkedKeys, 1);
    assert.equal((await readStore.consumers.parked())[0]?.waiting, 2);

    await readStore.consumers.requestRetry('notebook', undefined);
    await until(async () => (await readStore.consumers.parked())[0]?.retry === false, 'the retry fails');
    assert.equal((await readStore.consumers.parked())[0]?.waiting, 2);

    broken = false;
    await readStore.consumers.requestRetry('notebook', 'a');
    await until(async () => (await readStore.consumers.parked()).length === 0, 'released');
    assert.equal(await consumer.reached(await append(store, [['a', 6n]]), 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'b5', 'a3', 'a4', 'a6']);
    await consumer.stop();
  });

  it('still knows after a restart what is parked', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook((event) => keyOf(event) === 'a');
    const first = await loopOf(store, readStore)(handler);
    await first.reached(await store.head(), 5_000);
    await first.stop();
    const second = await loopOf(store, readStore)(handler);
    assert.equal(await second.reached(await append(store, [['a', 9n]]), 5_000), true);
    assert.deepEqual(seen, ['b2']);
    assert.equal((await readStore.consumers.parked())[0]?.waiting, 3);
    await second.stop();
  });

  it('stops just before an event that is newer than the code', async () => {
    const store = await historyOf(abc);
    await append(store, [['n', 1n]], 2);
    await append(store, [['a', 4n]]);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const consumer = await loopOf(store, readStore)(handler);
    await until(() => consumer.status().state === 'newer-event', 'it stops');
    assert.deepEqual(seen, ['a1', 'b2', 'a3']);
    const events = (await store.readAll({ limit: 10 })).events;
    assert.equal(await readStore.consumers.checkpoint('notebook'), events[2]?.position);
    assert.match(String(consumer.status().problem), /version 2 is newer/);
    assert.equal(await consumer.reached(await store.head(), 5_000), false);
    await consumer.stop();
    assert.equal(consumer.status().state, 'newer-event');
  });

  it('repeats a batch that cannot be handled now, and says why', async () => {
    const store = await historyOf(abc);
    const { seen, handler } = notebook();
    let refusals = 2;
    const moody: Handler = {
      ...handler,
      async handle(events, signal) {
        if (refusals-- > 0) throw new Error('not now');
        return handler.handle(events, signal);
      },
    };
    const consumer = await loopOf(store, memoryReadStore())(moody);
    await until(() => /not now/.test(consumer.status().problem ?? ''), 'it says why');
    assert.equal(await consumer.reached(await store.head(), 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3']);
    await consumer.stop();
  });

  it('waits for the lease of another owner, and takes over when that one stops', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook();
    const first = await loopOf(store, readStore, 'one', 200)(handler);
    await first.reached(await store.head(), 5_000);
    const second = await loopOf(store, readStore, 'two', 200)(handler);
    await until(() => second.status().state === 'waiting-for-lease', 'it waits');
    // Longer than the lease: the first renews it.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(second.status().state, 'waiting-for-lease');
    await first.stop();
    await until(() => second.status().state === 'live', 'it takes over');
    assert.deepEqual(seen, ['a1', 'b2', 'a3']);
    await second.stop();
  });

  it('a zombie cannot move the checkpoint: what it had in hand is lost and done by the heir', async () => {
    const store = await historyOf(abc);
    const readStore = memoryReadStore();
    const { handler } = notebook();
    const entered = Promise.withResolvers<void>();
    const wakes = Promise.withResolvers<void>();
    const outcomes: string[] = [];
    const consumers: ConsumerStore = {
      ...readStore.consumers,
      async commit(commit) {
        const outcome = await readStore.consumers.commit(commit);
        outcomes.push(outcome);
        return outcome;
      },
    };
    const asleep: Handler = {
      ...handler,
      async handle(events, signal) {
        entered.resolve();
        await wakes.promise;
        return handler.handle(events, signal);
      },
    };
    const zombie = await loopOf(store, { consumers }, 'zombie', 60_000)(asleep);
    await entered.promise;
    // Its time is over by the heir's clock.
    const heir = await readStore.consumers.lease('notebook', 'heir', Date.now() + 120_000, 60_000);
    assert.ok(heir);
    await readStore.consumers.commit({ lease: heir, writes: [], checkpoint: 1n, parked: [] });
    wakes.resolve();
    await until(() => outcomes.includes('fenced'), 'it is fenced');
    assert.equal(await readStore.consumers.checkpoint('notebook'), 1n);
    await until(() => zombie.status().state === 'waiting-for-lease', 'it waits');
    await zombie.stop();
  });

  for (const [what, facts, leaseMs] of [
    ['when it commits', [['c', 4n]], 60_000],
    ['though it has nothing to commit', [], 60],
  ] as const)
    it(`begins again where the store says that was put back to an earlier moment, ${what}`, async () => {
      const store = await historyOf(abc);
      const readStore = memoryReadStore();
      const { seen, handler } = notebook();
      const consumer = await loopOf(store, readStore, 'one', leaseMs)(handler);
      assert.equal(await consumer.reached(await store.head(), 5_000), true);
      const lease = await readStore.consumers.lease('notebook', 'one', Date.now(), leaseMs);
      assert.ok(lease);
      await readStore.consumers.commit({ lease, writes: [], checkpoint: 1n, parked: [] });
      seen.length = 0;
      await append(store, facts);
      const missing = ['b2', 'a3', ...facts.map(([key, amount]) => `${key}${amount}`)];
      await until(
        () => seen.slice(-missing.length).join() === missing.join(),
        'what is missing is met again',
      );
      const head = await store.head();
      await until(
        async () => (await readStore.consumers.checkpoint('notebook')) === head,
        'it has caught up',
      );
      await consumer.stop();
    });

  it('divides keys among parts, each with its own checkpoint, and has reached what all have', async () => {
    const facts: Fact[] = Array.from({ length: 60 }, (_, at) => [`k${at % 12}`, BigInt(at + 1)]);
    const store = await historyOf(facts);
    const readStore = memoryReadStore();
    const { seen, handler } = notebook(undefined, 3);
    const consumer = await loopOf(store, readStore)(handler);
    assert.equal(await consumer.reached(await store.head(), 5_000), true);
    assert.deepEqual([...seen].sort(), facts.map(([name, by]) => `${name}${String(by)}`).sort());
    for (let key = 0; key < 12; key++) {
      const mine = facts.filter(([name]) => name === `k${key}`).map(([name, by]) => `${name}${String(by)}`);
      assert.deepEqual(
        seen.filter((entry) => mine.includes(entry)),
        mine,
      );
    }
    for (const part of partsOf(handler))
      assert.equal(await readStore.consumers.checkpoint(part), await store.head());
    await consumer.stop();
  });

  it('follows again after a subscription that dropped, without gap or repeat', async () => {
    const store = await historyOf(abc);
    const { seen, handler } = notebook();
    let drops = 2;
    const dropping: Pick<EventStore, 'follow'> = {
      async *follow(options): AsyncGenerator<Batch> {
        for await (const batch of store.follow(options)) {
          const [first, ...rest] = batch.events;
          if (drops-- > 0 && first !== undefined && rest.length > 0) {
            yield { events: [first], through: first.position, live: false };
            throw new Error('dropped');
          }
          yield batch;
        }
      },
    };
    const readStore = memoryReadStore();
    const consume = consumerLoop({
      feed: dropping,
      store,
      consumers: readStore.consumers,
      registry,
      clock,
      owner: 'one',
    });
    const consumer = await consume(handler);
    assert.equal(await consumer.reached(await store.head(), 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3']);
    await consumer.stop();
  });

  it('passes over what the stream says is another part’s, unread', async () => {
    const facts = Array.from({ length: 40 }, (_, at): Fact => [`c${at % 10}`, BigInt(at)]);
    const store = await historyOf(facts);
    const { seen, handler } = notebook(undefined, 4);
    let reads = 0;
    const counting = {
      ...registry,
      decode(stored: Parameters<typeof registry.decode>[0]) {
        reads += 1;
        return registry.decode(stored);
      },
    };
    const { consumers } = memoryReadStore();
    const consume = consumerLoop({
      ...{ feed: store, store, consumers, registry: counting, clock, owner: 'one' },
    });
    const keyOfStream = (stream: string): string => stream.replace('counter-', '');
    const consumer = await consume({ ...handler, keyOfStream });
    assert.equal(await consumer.reached(await store.head(), 5_000), true);
    await consumer.stop();
    assert.equal(reads, facts.length);
    for (const [name] of facts.slice(0, 10))
      assert.deepEqual(
        seen.filter((it) => it.startsWith(name)),
        facts.filter(([other]) => other === name).map(([, by]) => `${name}${by}`),
      );
  });

  it('gathers the crumbs of a catch-up into whole commits, and holds nothing back that is live', async () => {
    const store = await historyOf(abc);
    const crumbs: Pick<EventStore, 'follow'> = {
      async *follow(options): AsyncGenerator<Batch> {
        for await (const batch of store.follow(options)) {
          if (batch.live) yield batch;
          else
            for (const event of batch.events) yield { events: [event], through: event.position, live: false };
        }
      },
    };
    const { consumers } = memoryReadStore();
    const commits: bigint[] = [];
    const counting: ConsumerStore = {
      ...consumers,
      commit(commit) {
        commits.push(commit.checkpoint);
        return consumers.commit(commit);
      },
    };
    const { seen, handler } = notebook();
    const consume = consumerLoop({
      ...{ feed: crumbs, store, consumers: counting, registry, clock, owner: 'one' },
    });
    const consumer = await consume(handler);
    const head = await store.head();
    assert.equal(await consumer.reached(head, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3']);
    // Where it begins, and all at once.
    assert.deepEqual(commits, [0n, head]);
    const last = await append(store, [['c', 4n]]);
    assert.equal(await consumer.reached(last, 5_000), true);
    assert.deepEqual(seen, ['a1', 'b2', 'a3', 'c4']);
    await consumer.stop();
  });

  it('a key belongs to the same part for ever', () => {
    assert.deepEqual(
      ['', 'auction-1', 'wallet-ann:USD', 'ünï'].map((key) => partitionOf(key, 16)),
      [5, 4, 8, 0],
    );
    assert.throws(() => partsOf({ name: 'x', partitions: 0 }), RangeError);
  });
});
