import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { ownPlace } from '#engines/consumer/place.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { clock, historyOf, loopOf, registry } from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';
import { abc, notebook } from './notebook.ts';

/** A page of which nothing is handled yet comes before every other. */
const inCrumbs = (store: EventStore): Pick<EventFeed, 'follow'> => ({
  async *follow(following) {
    yield { events: [], through: following.after, live: false };
    // The next page takes a while to be read.
    await pause(5);
    yield* store.follow(following);
  },
});

/** Fails at everything until it is mended. */
function moody() {
  const { seen, handler } = notebook();
  const told = { tries: 0, mended: false };
  const failing: Handler = {
    ...handler,
    async handle(events, signal) {
      told.tries += 1;
      if (!told.mended) throw new Error('not now');
      return handler.handle(events, signal);
    },
  };
  return { seen, failing, told };
}

describe('a consumer in trouble', () => {
  it('says so from its first failure until it has worked again, also in the midst of each try', async (t) => {
    const store = await historyOf(abc);
    const { consumers } = memoryReadStore();
    const { failing, told } = moody();
    const loop = consumerLoop({
      ...{ feed: inCrumbs(store), store, consumers, registry, clock },
      ...{ owner: 'one', leaseMs: 2_000 },
    });
    const consumer = await loop(failing);
    t.after(() => consumer.stop());
    await until(() => consumer.status().problem, 'it says so');
    const calm: number[] = [];
    while (told.tries < 5) {
      if (consumer.status().problem === undefined) calm.push(told.tries);
      await new Promise(setImmediate);
    }
    assert.deepEqual(calm, []);
    told.mended = true;
    assert.equal(await consumer.reached(await store.head(), 5_000), true);
    await until(() => consumer.status().problem === undefined, 'it has worked');
  });

  it('says so while nobody has its part, and no more once another has', async (t) => {
    const store = await historyOf(abc);
    const { consumers } = memoryReadStore();
    const { failing } = moody();
    let [isOurs, isAnothers] = [true, false];
    const loop = consumerLoop({
      ...{ feed: store, store, consumers, registry, clock, owner: 'one' },
      sharing: {
        owner: 'one',
        placeOf: (part) => ({
          ...ownPlace({ part, consumers, clock, askMs: 5 }),
          isOurs: () => isOurs,
          isAnothers: () => isAnothers,
        }),
        leave: async () => undefined,
      },
    });
    const consumer = await loop(failing);
    t.after(() => consumer.stop());
    await until(() => consumer.status().problem, 'it says so');
    isOurs = false;
    await until(() => consumer.status().state === 'waiting-for-lease', 'it is the turn of another');
    await pause(30);
    assert.match(consumer.status().problem ?? '', /not now/);
    isAnothers = true;
    await until(() => consumer.status().problem === undefined, 'another has it');
  });

  it('says so where it has nothing to do, and its lease cannot be renewed', async (t) => {
    const store = await historyOf(abc);
    const { consumers } = memoryReadStore();
    const { handler } = notebook();
    let away = false;
    const unsure: ConsumerStore = {
      ...consumers,
      async lease(...asked) {
        if (away) throw new Error('nobody is there');
        return consumers.lease(...asked);
      },
    };
    const consumer = await loopOf(store, { consumers: unsure }, 'one', 300)(handler);
    t.after(() => consumer.stop());
    await consumer.reached(await store.head(), 5_000);
    assert.equal(consumer.status().problem, undefined);
    away = true;
    assert.match(await until(() => consumer.status().problem, 'it says so'), /nobody is there/);
    away = false;
    await until(() => consumer.status().problem === undefined, 'it is renewed');
  });
});
