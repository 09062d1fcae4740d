import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusError, type BusRecord } from '#domain/kernel/ports/bus.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { begin, closing, streams, World } from '#test/support/publishing.ts';
import { until } from '#test/support/until.ts';
import { type BusEngine, freshName } from './bus.suite.ts';

// Whatever happens between the history and a topic: whoever reads the topic, and passes over what they have met, meets each event
// that leaves exactly once, and those of a stream in their order.

const lost = () => new BusError('unavailable', 'kafka://127.0.0.1:1/test: the answer was lost');

export function publishingContract({ engine, open }: Pick<BusEngine, 'engine' | 'open'>): void {
  const check = (rule: string, body: (world: World) => Promise<void>) =>
    test(`publisher over ${engine}: ${rule}`, async (t) => {
      const bus = await open();
      const world = new World(bus, freshName());
      t.after(() => world.close());
      await body(world);
    });

  check(
    'every event that leaves is told once, those of a stream in order, and of no other a word',
    async (world) => {
      await begin(world);
      await world.read();
      const publishing = await world.publish();
      await world.meetsAll(streams);
      assert.ok(await publishing.reached(await world.store.head(), 10_000));
      await publishing.stop();
      assert.equal(
        world.reader.all.length,
        world.reader.news.length,
        'nothing went wrong, and nothing came twice',
      );
      assert.equal(
        world.reader.all.find(({ subject }) => subject.startsWith('inspector-')),
        undefined,
      );
    },
  );

  check(
    'a bus that takes records and then fails is told them again, and its reader meets each once',
    async (world) => {
      await begin(world);
      await world.read();
      let failures = 0;
      const publishing = await world.publish(async (records, send) => {
        await send(records);
        if (++failures <= 12) throw lost();
      });
      await world.meetsAll(streams);
      assert.ok(await publishing.reached(await world.store.head(), 20_000));
      assert.ok(world.reader.all.length > world.reader.news.length, 'some came twice');
      await publishing.stop();
    },
  );

  check(
    'a bus that fails before it takes anything is not passed over: nothing is committed or parked',
    async (world) => {
      await begin(world);
      await world.read();
      let up = false;
      const publishing = await world.publish(async (records, send) => {
        if (!up) throw lost();
        await send(records);
      });
      await until(() => publishing.status().problem?.includes('the answer was lost') === true, 'a problem');
      assert.match(publishing.status().problem ?? '', /^BusError: kafka:\/\/127\.0\.0\.1:1\/test: /);
      // Parts with none of these streams may be further.
      assert.equal(await publishing.reached(await world.store.head(), 0), false);
      assert.equal(world.reader.all.length, 0);
      up = true;
      await world.meetsAll(streams);
      assert.ok(await publishing.reached(await world.store.head(), 20_000));
      assert.deepEqual([publishing.status().parkedKeys, publishing.status().problem], [0, undefined]);
      await publishing.stop();
    },
  );

  check('a publisher that is killed between sending and committing leaves nothing out', async (world) => {
    await begin(world);
    await world.read();
    for (let life = 0; life < 4; life++) {
      let dead = false;
      const dying: ConsumerStore = {
        ...own(world.consumers),
        commit: async (commit) => {
          if (dead) throw new Error('killed');
          return world.consumers.commit(commit);
        },
        release: async () => undefined,
      };
      const publishing = await world.publish(async (records, send) => {
        await send(records);
        dead = true;
      }, dying);
      await until(() => dead, 'a send');
      await publishing.stop();
      await world.append('auction-4', closing);
      // Nobody released its leases.
      world.machineClock.pass(60_000);
    }
    const publishing = await world.publish();
    await world.meetsAll({ ...streams, 'auction-4': streams['auction-4'] + 4 });
    await publishing.stop();
    assert.ok(world.reader.all.length > world.reader.news.length, 'some came twice');
  });

  check(
    'a publisher that wakes after its leases sends what it had in hand, commits nothing, and order stands',
    async (world) => {
      await begin(world);
      await world.read();
      let frozen = true;
      const waking = Promise.withResolvers<void>();
      const asleep: ConsumerStore = {
        ...own(world.consumers),
        // Nobody who sleeps renews a lease.
        lease: (name, ...rest) =>
          frozen && held.has(name) ? waking.promise.then(() => undefined) : taking(name, ...rest),
      };
      const held = new Set<string>();
      const taking: ConsumerStore['lease'] = async (name, ...rest) => {
        const lease = await world.consumers.lease(name, ...rest);
        if (lease !== undefined) held.add(name);
        return lease;
      };
      const inHand: BusRecord[] = [];
      const zombie = await world.publish(async (records, send) => {
        inHand.push(...records);
        if (frozen) await waking.promise;
        await send(records);
      }, asleep);
      await until(() => inHand.length > 0, 'something in hand');
      world.machineClock.pass(60_000);
      const heir = await world.publish();
      await world.meetsAll(streams);
      assert.ok(await heir.reached(await world.store.head(), 10_000));
      frozen = false;
      waking.resolve();
      await until(() => world.reader.all.length > world.reader.news.length, 'the records in hand');
      await zombie.stop();
      await world.append('auction-1', closing);
      await world.meetsAll({ ...streams, 'auction-1': streams['auction-1'] + 1 });
      await heir.stop();
    },
  );
}

/** Its methods as fields, to be changed one by one. */
const own = (consumers: ConsumerStore): ConsumerStore => ({
  lease: (...given) => consumers.lease(...given),
  release: (...given) => consumers.release(...given),
  commit: (...given) => consumers.commit(...given),
  checkpoint: (...given) => consumers.checkpoint(...given),
  all: () => consumers.all(),
  forget: (...given) => consumers.forget(...given),
  parked: (...given) => consumers.parked(...given),
  isParked: (...given) => consumers.isParked(...given),
  requestRetry: (...given) => consumers.requestRetry(...given),
});
