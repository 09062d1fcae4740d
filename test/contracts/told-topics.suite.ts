import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { type PublisherAtWork, publish } from '#compose/publisher.ts';
import { memoryStores, type Stores } from '#compose/stores.ts';
import type { Bus, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { newIds } from '#engines/ids.ts';
import { claimAgain, claimTopicOf, claimTopics } from '#runtime/topic-claim.ts';
import { examples, placed } from '#test/support/stored-examples.ts';
import { until } from '#test/support/until.ts';
import { type BusEngine, freshName } from './bus.suite.ts';

// Which history the topics of a prefix are of, and what is told to topics that nobody has told anything yet.

/** Between two looks at topics, in milliseconds: often enough not to be waited for. */
const LOOK_MS = 3_000;
const clock = steadyClock();
const newId = newIds({ clock });

/** A process that publishes one history, and what its read store remembers over its lives. */
class Teller {
  readonly #stores: Pick<Stores, 'store' | 'readStore'> = memoryStores();
  readonly store = Object.assign(Object.create(this.#stores.store), { epoch: newId() }) as EventStore;

  /** A few events that leave. */
  async live(): Promise<void> {
    const leaving = examples.filter(({ type }) => type === 'AuctionOpened' || type === 'LotPassed');
    for (const example of leaving) {
      const { stream, eventId: _, type, data, metadata } = placed(example);
      await this.store.append(stream, 'any', [{ eventId: newId(), type, data, metadata }]);
    }
  }

  publish(bus: Bus, prefix: string, lookMs = 60_000): PublisherAtWork {
    const { store } = this;
    const { consumers } = this.#stores.readStore;
    return publish({
      ...{ store, bus, prefix, machineClock: clock, log: noLog, lookMs },
      claim: (epoch) => claimTopics({ bus, prefix, epoch, newId, clock }),
      claimAgain: (epoch, signal) => claimAgain({ bus, prefix, epoch, newId, clock, signal }),
      consume: consumerLoop({ feed: store, store, consumers, registry, clock, owner: newId() }),
    });
  }

  /** Publishes until all is told. */
  async tell(bus: Bus, prefix: string): Promise<void> {
    const publishing = this.publish(bus, prefix);
    try {
      const reached = await publishing.reachedHere(await this.store.head(), 30_000);
      assert.ok(reached, publishing.status().problem ?? 'it is late');
    } finally {
      await publishing.stop();
    }
  }
}

/** All that is on the topic of auctions. */
function auctionsOf(bus: Bus, prefix: string): readonly ReceivedRecord[] {
  const seen: ReceivedRecord[] = [];
  const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
  bus.consume({ group: freshName(), topics: [`${prefix}.auctions`], handle });
  return seen;
}

/** @param wipe deletes topics, where the engine can */
export function toldTopicsContract(
  { engine, open }: Pick<BusEngine, 'engine' | 'open'>,
  wipe?: (topics: readonly string[]) => Promise<void>,
): void {
  const check = (rule: string, body: (bus: Bus) => Promise<void>) =>
    test(`told topics over ${engine}: ${rule}`, async (t) => {
      const bus = await open();
      t.after(() => bus.close());
      await body(bus);
    });

  check(
    'whoever comes first has them, of many at once one, and comes back to them by the same name',
    async (bus) => {
      const prefix = freshName();
      const claim = (epoch: string) => claimTopics({ bus, prefix, epoch, newId, clock });
      const first = await Promise.all(['ours', 'ours', 'ours'].map(claim));
      assert.equal(new Set(first).size, 1);
      assert.equal(await claim('ours'), first[0]);
      const theirs = claim('theirs');
      await assert.rejects(theirs, {
        code: 'refused',
        message: /not of this history \(theirs\).*history ours.*BUS/,
      });
      assert.notEqual(
        await claimTopics({ bus, prefix: freshName(), epoch: 'theirs', newId, clock }),
        first[0],
      );
    },
  );

  check('what begins with no claim is nobody’s', async (bus) => {
    const prefix = freshName();
    const topic = claimTopicOf(prefix);
    await bus.declare([{ name: topic, partitions: 1 }]);
    await bus.send([{ topic, key: 'k', value: 'not JSON', headers: {} }]);
    const claiming = claimTopics({ bus, prefix, epoch: 'ours', newId, clock });
    await assert.rejects(claiming, { code: 'refused', message: /begins with what is no claim/ });
  });

  check('topics that nothing was told of are told all of it, others only what is new', async (bus) => {
    const teller = new Teller();
    await teller.live();
    const [one, other] = [freshName(), freshName()];
    await teller.tell(bus, one);
    const [seen, elsewhere] = [auctionsOf(bus, one), auctionsOf(bus, other)];
    await teller.tell(bus, other);
    await until(() => seen.length > 0 && elsewhere.length === seen.length, 'all of it is there');
    const before = seen.length;
    await teller.live();
    await teller.tell(bus, one);
    await until(() => seen.length >= 2 * before, 'what is new is there');
    assert.equal(seen.length, 2 * before, 'and nothing else');
    assert.equal(elsewhere.length, before);
  });

  check('topics of another history are told nothing, and it is said', async (bus) => {
    const prefix = freshName();
    const [ours, theirs] = [new Teller(), new Teller()];
    for (const teller of [ours, theirs]) await teller.live();
    await ours.tell(bus, prefix);
    const seen = auctionsOf(bus, prefix);
    await until(() => seen.length > 0, 'it is there');
    const before = seen.length;
    const publishing = theirs.publish(bus, prefix);
    const problem = await until(() => publishing.status().problem, 'a problem').finally(publishing.stop);
    assert.match(problem, new RegExp(`not of this history \\(${theirs.store.epoch}\\)`));
    assert.equal(seen.length, before);
  });

  if (wipe !== undefined)
    check(
      'topics that are made anew at once, with nothing to tell them, are told all of it again',
      async (bus) => {
        const [prefix, teller] = [freshName(), new Teller()];
        await teller.live();
        const publishing = teller.publish(bus, prefix, 500);
        try {
          assert.ok(await publishing.reachedHere(await teller.store.head(), 30_000));
          const [history, auctions] = [claimTopicOf(prefix), `${prefix}.auctions`];
          await wipe([history, auctions]);
          await until(
            () => bus.declare([history, auctions].map((name) => ({ name, partitions: 1 }))).then(() => true),
            'they are there again',
          );
          const seen = auctionsOf(bus, prefix);
          await until(() => seen.length >= 2, 'old events are told to the new topics');
        } finally {
          await publishing.stop();
        }
      },
    );

  if (wipe !== undefined)
    check('topics that are made anew while it tells them are told all of it again', async (bus) => {
      const [prefix, teller] = [freshName(), new Teller()];
      await teller.live();
      // A broker may take what is told for as long as it has not heard that the topic is gone: then a look tells.
      const publishing = teller.publish(bus, prefix, LOOK_MS);
      const done = async () => publishing.reachedHere(await teller.store.head(), 30_000);
      try {
        assert.ok(await done());
        await wipe([claimTopicOf(prefix), `${prefix}.auctions`]);
        await teller.live();
        // What stood on the old topics is there only if it was told again.
        const seen = auctionsOf(bus, prefix);
        await until(
          () => new Set(seen.map(({ headers }) => headers.ce_id)).size >= 4,
          'old and new are there',
        );
        assert.ok(await done(), publishing.status().problem ?? 'it is late');
      } finally {
        await publishing.stop();
      }
    });
}
