import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { memoryStores } from '#compose/stores.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { viewReader } from '#projections/runtime/reader.ts';
import { rebuildView } from '#projections/runtime/rebuild.ts';
import { startViews } from '#projections/runtime/views.ts';
import { watchBuilds } from '#projections/runtime/watch.ts';
import { append, clock, countersView, historyOf, loopOf } from '#test/support/counters.ts';
import { answering, callOf } from '#test/support/read-store-calls.ts';

const views = [countersView()];
const WAITING = 300;

/** A process that advances the view, and others that only read and count what they ask the store. */
async function given() {
  const history = await historyOf([['ann', 5n]]);
  const { readStore } = memoryStores();
  const consume = loopOf(history, readStore);
  const start = () => startViews({ views, readStore, clock, lookMs: 10, consume });
  const replica = (waitMs = 5_000) => {
    const asked = new Map<string, number>();
    let isAway = false;
    const counting = answering(readStore, (call) => {
      asked.set(call.name, (asked.get(call.name) ?? 0) + 1);
      return isAway ? Promise.reject(new ReadStoreError('away')) : callOf(readStore, call);
    });
    return {
      reader: viewReader({ views, readStore: counting, clock, waitMs }),
      asked: (name: string) => asked.get(name) ?? 0,
      loseStore() {
        isAway = true;
      },
    };
  };
  return { history, readStore, consume, start, replica };
}

const totalOf = (found: object | undefined) => (found as { total: bigint } | undefined)?.total;

describe('readers in a process that runs no views', () => {
  it('wait together: hundreds of tokens cost what one does, in each process', async () => {
    const { history, start, replica } = await given();
    const replicas = [replica(), replica()];
    await (await start()).stop();
    const position = await append(history, [['ann', 6n]]);
    const began = performance.now();
    const waiting = replicas.flatMap(({ reader }) =>
      Array.from({ length: WAITING }, () => reader.get('counters', 'ann', { position })),
    );
    await pause(300);
    const views = await start();
    assert.deepEqual(new Set((await Promise.all(waiting)).map(totalOf)), new Set([11n]));
    const passedMs = performance.now() - began;
    for (const { asked } of replicas) {
      const looks = asked('consumers.all');
      assert.ok(looks > 1 && looks <= passedMs / 20 + 2, `${looks} looks`);
      // Each asks once what is live, and again now and then.
      const live = asked('settings.get');
      assert.ok(live <= passedMs / 250 + 2, `${live} questions which is live`);
      assert.equal(asked('consumers.checkpoint'), 0);
    }
    await views.stop();
  });

  it('see what is known to be there without asking how far the view is', async () => {
    const { history, start, replica } = await given();
    const views = await start();
    const [one, other] = [replica(), replica()];
    const position = await append(history, [['ann', 6n]]);
    for (const { reader } of [one, other])
      assert.equal(totalOf(await reader.get('counters', 'ann', { position })), 11n);
    const before = one.asked('consumers.all');
    await Promise.all(Array.from({ length: 50 }, () => one.reader.get('counters', 'ann', { position })));
    // What is known of the live build may have got old in between, once.
    assert.ok(one.asked('consumers.all') <= before + 1);
    await views.stop();
  });

  it('hear that the view is behind when their time is over, and of a store that is away at once', async () => {
    const { history, start, replica } = await given();
    await (await start()).stop();
    const { reader } = replica(60);
    const position = (await history.head()) + 1n;
    const isBehind = (error: unknown) => error instanceof RejectedError && error.rejection.code === 'behind';
    await assert.rejects(reader.get('counters', 'ann', { position }), isBehind);
    await assert.rejects(replica(0).reader.get('counters', 'ann', { position }), isBehind);
    const patient = replica(60_000);
    const waiting = patient.reader.get('counters', 'ann', { position });
    patient.loseStore();
    await assert.rejects(waiting, ReadStoreError);
  });

  it('are not more than a process can bear', async () => {
    const { history, start, readStore } = await given();
    await (await start()).stop();
    const watch = watchBuilds({ ...readStore, clock });
    const position = (await history.head()) + 1n;
    const waiting = Array.from({ length: 10_000 }, () => watch.reached('counters', position, 200));
    await assert.rejects(
      watch.reached('counters', position, 200),
      (error) => error instanceof RejectedError && error.rejection.code === 'overloaded',
    );
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([undefined]));
  });

  it('see no gap while the build that they read is replaced and dropped', async () => {
    const { history, start, consume, readStore, replica } = await given();
    const running = await start();
    const { reader } = replica();
    let isOver = false;
    const reading = (async () => {
      for (let total = 6n; !isOver; total += 1n) {
        const position = await append(history, [['ann', 1n]]);
        assert.equal(totalOf(await reader.get('counters', 'ann', { position })), total);
      }
    })();
    for (let rebuilds = 0; rebuilds < 3; rebuilds += 1)
      for (const view of views) await rebuildView({ view, consume, readStore, store: history, clock });
    isOver = true;
    await reading;
    await running.stop();
  });
});
