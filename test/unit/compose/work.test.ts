import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { worksOn } from '#compose/work.ts';
import { type PlatformRole, roles } from '#config';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import { clock, historyOf, registry } from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';

/** Longer than any test waits, in milliseconds. */
const LONG_MS = 600_000;
const PARTS = 6;
const sharing = roles.filter((role) => role !== 'sagas');

const handlerOf = (name: string, partitions = 1) => ({
  ...{ name, partitions, filter: { types: ['Counted'] } },
  key: ({ position }: { readonly position: bigint }) => String(position),
  handle: async () => ({ writes: [], failures: [] }),
});

/** A history, and processes that run consumers of it by role. */
async function given(t: TestContext) {
  const store = await historyOf([['a', 1n]]);
  const { consumers } = memoryStores().readStore;
  /** By consumer: whether each question for its lease was that of an heir. */
  const inherited = new Map<string, boolean[]>();
  const noted: ConsumerStore = {
    ...consumers,
    lease(consumer, owner, nowMs, ttlMs, inherits = false) {
      inherited.set(consumer, [...(inherited.get(consumer) ?? []), inherits]);
      return consumers.lease(consumer, owner, nowMs, ttlMs, inherits);
    },
  };
  const started = (owner: string | undefined) => {
    const workOf = worksOn({ feed: store, store, consumers: noted, registry, clock }, owner);
    return async (role: PlatformRole, partitions = 1) => {
      const work = workOf(role);
      const consumer = await work.consume(handlerOf(role, partitions));
      t.after(async () => {
        await consumer.stop();
        await work.leave();
      });
      return { consumer, isShared: work.isShared };
    };
  };
  return {
    started,
    inherited,
    /** Somebody has its lease, and will not ask again. */
    killed: (name: string, owner: string) =>
      consumers.lease(name, owner, millisecondsOf(clock.now()), LONG_MS),
    ownerOf: async (name: string) => (await consumers.all()).find((one) => one.consumer === name)?.owner,
    head: await store.head(),
  };
}

describe('the work of a process', () => {
  it('among others: sagas are the heirs of the writer that was killed, and wait for none of its leases', async (t) => {
    const { started, killed, inherited, ownerOf, head } = await given(t);
    await killed('sagas', 'the writer before');
    const { consumer, isShared } = await started('the next writer')('sagas');
    assert.equal(await consumer.reached(head, 10_000), true);
    assert.deepEqual([isShared, await ownerOf('sagas')], [false, 'the next writer']);
    assert.equal(inherited.get('sagas')?.[0], true);
  });

  it('among others: every other role is shared, and takes nothing from anybody', async (t) => {
    const { started, inherited } = await given(t);
    const [one, other] = [started('one'), started('other')];
    const running = await Promise.all(
      sharing.flatMap((role) => [one, other].map((process) => process(role, PARTS))),
    );
    assert.ok(running.every(({ isShared }) => isShared));
    const held = () => running.map(({ consumer }) => consumer.status().held.length);
    await until(
      () => held().reduce((sum, count) => sum + count, 0) === sharing.length * PARTS,
      () => `each part is somebody's: ${held()}`,
    );
    assert.equal(inherited.size > sharing.length * PARTS, true);
    assert.deepEqual(
      [...inherited].filter(([, asked]) => asked.includes(true)),
      [],
    );
  });

  it('of one process alone goes on under its name, and waits for no lease of its last life', async (t) => {
    const { started, killed, inherited, ownerOf, head } = await given(t);
    const run = started(undefined);
    for (const role of roles) {
      await killed(role, 'embedded');
      const { consumer, isShared } = await run(role);
      assert.equal(await consumer.reached(head, 10_000), true, role);
      assert.deepEqual([isShared, await ownerOf(role)], [false, 'embedded']);
    }
    // A rebuild by the command line has not ended, and is not taken over.
    assert.ok([...inherited.values()].flat().every((inherits) => !inherits));
  });
});
