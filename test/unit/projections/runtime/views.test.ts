import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { healthOf } from '#compose/health.ts';
import { memoryStores } from '#compose/stores.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { buildsOf, collectionOf } from '#projections/runtime/builds.ts';
import { retryParked, viewStatus } from '#projections/runtime/operate.ts';
import { viewReader } from '#projections/runtime/reader.ts';
import { startViews } from '#projections/runtime/views.ts';
import type { View } from '#projections/view.ts';
import {
  append,
  clock,
  countersView,
  type Fact,
  historyOf,
  loopOf,
  type Rules,
  totalsIn,
} from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';

const facts: readonly Fact[] = [
  ['ann', 5n],
  ['bob', 7n],
  ['ann', 6n],
  ['cy', 1n],
  ['cy', 'clear'],
];

async function running(
  views: readonly View[],
  store = historyOf(facts),
  readStore = memoryStores().readStore,
) {
  const history = await store;
  const started = await startViews({
    views,
    readStore,
    clock,
    lookMs: 10,
    waitMs: 2_000,
    consume: loopOf(history, readStore),
  });
  return { history, readStore, ...started };
}

const rejectsWith = (promise: Promise<unknown>, code: string) =>
  assert.rejects(promise, (error) => error instanceof RejectedError && error.rejection.code === code);

describe('views', () => {
  it('fold the history into documents that are read decoded, and removed ones are gone', async () => {
    const { history, reader, stop } = await running([countersView()]);
    const at = { position: await history.head() };
    assert.deepEqual(await reader.get('counters', 'ann', at), {
      name: 'ann',
      total: 11n,
      group: 'all',
      events: 2,
    });
    assert.equal(await reader.get('counters', 'cy', at), undefined);
    const sort = [{ field: 'total', direction: 'descending' }] as const;
    const page = await reader.find('counters', { sort, limit: 1 }, at);
    assert.deepEqual([page.items.map((item) => item.id), page.more], [['ann'], true]);
    assert.equal(await reader.reached('counters'), at.position);
    await stop();
  });

  it('let a reader wait for its own write, in this process and in one that runs no projections', async () => {
    const { history, readStore, reader, stop } = await running([countersView()]);
    const elsewhere = viewReader({ views: [countersView()], readStore, clock, waitMs: 2_000 });
    for (const each of [reader, elsewhere]) {
      const position = await append(history, [['dee', 1n]]);
      const found = await each.get('counters', 'dee', { position });
      assert.equal((found as { total: bigint }).total, each === reader ? 1n : 2n);
    }
    const hasty = viewReader({ views: [countersView()], readStore, clock, waitMs: 30 });
    await rejectsWith(hasty.get('counters', 'dee', { position: (await history.head()) + 1n }), 'behind');
    await stop();
  });

  it('park only the key whose fold throws, say so, and go on in order after the fix', async () => {
    const rules: Rules = { poison: (name, by) => name === 'ann' && by === 6n };
    const { history, readStore, reader, stop } = await running([countersView(rules)]);
    const position = await append(history, [
      ['ann', 100n],
      ['bob', 1n],
    ]);
    assert.equal(((await reader.get('counters', 'bob', { position })) as { total: bigint }).total, 8n);
    await rejectsWith(reader.get('counters', 'ann', { position }), 'parked');
    // A list says so as well: where a document of it stands on the page, or where it is asked for by name.
    const dearest = { sort: [{ field: 'total', direction: 'descending' }], limit: 1 } as const;
    const page = await reader.find('counters', dearest, { position });
    assert.deepEqual([page.items.map(({ id }) => id), page.more, page.mayMiss], [['bob'], true, true]);
    await rejectsWith(reader.find('counters', { ...dearest, limit: 2 }, { position }), 'parked');
    await rejectsWith(
      reader.find('counters', { limit: 9, filter: { group: 'ann' } }, { position }),
      'parked',
    );
    // A list that it can only be missing from says so, unless it can have nothing there.
    const bobs = { limit: 9, filter: { group: 'bob' } };
    assert.deepEqual(await reader.find('counters', bobs), { items: [], more: false, mayMiss: true });
    const named = viewReader({
      views: [{ ...countersView(), keysBy: { group: (group) => group } }],
      ...{ readStore, clock },
    });
    assert.deepEqual(await named.find('counters', bobs), { items: [], more: false, mayMiss: false });
    // What is not there by a name of its own may be what waits.
    const unnamed = viewReader({ views: [{ ...countersView(), namedByKey: false }], readStore, clock });
    await rejectsWith(unnamed.get('counters', 'ann@1'), 'parked');
    assert.equal(await reader.get('counters', 'ann@1'), undefined);
    const [status] = await viewStatus(readStore, [countersView()]);
    assert.equal(status?.parkedKeys, 1);
    const [parked] = await readStore.consumers.parked();
    assert.deepEqual([parked?.key, parked?.waiting], ['ann', 2]);
    assert.match(String(parked?.error), /ann is poisoned/);

    rules.poison = undefined;
    assert.equal(await retryParked(readStore.consumers, 'counters', 'ann'), 1);
    await until(async () => (await readStore.consumers.parked()).length === 0, 'released');
    assert.equal((await reader.find('counters', bobs)).mayMiss, false);
    assert.deepEqual(await reader.get('counters', 'ann', { position }), {
      name: 'ann',
      total: 111n,
      group: 'all',
      events: 3,
    });
    await stop();
  });

  it('park a key whose document does not fit its schema, with what came before it kept', async () => {
    const view = countersView();
    const nonsense: View = {
      ...view,
      fold: (document, event, id) =>
        event.type === 'Counted' && (event.data as { by: bigint }).by === 6n
          ? { nonsense: true }
          : view.fold(document, event, id),
    };
    const { history, readStore, reader, stop } = await running([nonsense]);
    await rejectsWith(reader.get('counters', 'ann', { position: await history.head() }), 'parked');
    const { live } = await buildsOf(readStore.settings, 'counters');
    assert.ok(live);
    assert.deepEqual(await totalsIn(readStore, collectionOf('counters', live)), { ann: '5', bob: '7' });
    await stop();
  });

  it('a new version fills beside the old one, which is read until it is switched in', async () => {
    const old = await running([countersView()]);
    await old.reader.get('counters', 'ann', { position: await old.history.head() });
    await old.stop();
    const gate = Promise.withResolvers<void>();
    const consume = loopOf(old.history, old.readStore);
    const doubled: View = { ...countersView(), version: 2 };
    const started = await startViews({
      views: [doubled],
      readStore: old.readStore,
      clock,
      lookMs: 10,
      waitMs: 2_000,
      consume: (handler) =>
        consume({
          ...handler,
          async handle(events, signal) {
            await gate.promise;
            return handler.handle(events, signal);
          },
        }),
    });
    const position = await append(old.history, [['ann', 1n]]);
    assert.equal(((await started.reader.get('counters', 'ann')) as { total: bigint }).total, 11n);
    assert.ok((await started.reader.reached('counters')) < position);
    gate.resolve();
    assert.equal(
      ((await started.reader.get('counters', 'ann', { position })) as { total: bigint }).total,
      12n,
    );
    const builds = await buildsOf(old.readStore.settings, 'counters');
    assert.deepEqual(builds.live, { version: 2, number: 2 });
    await until(async () => {
      const consumers = await old.readStore.consumers.all();
      return (
        consumers.length === 1 && (await buildsOf(old.readStore.settings, 'counters')).replaced.length === 0
      );
    }, 'the old build is dropped');
    await started.stop();
  });

  it('are looked after with pauses that grow while their store is away, and it is told when it is there again', async () => {
    const history = await historyOf(facts);
    const { readStore } = memoryStores();
    let away = false;
    const settings = {
      ...readStore.settings,
      async beginningWith(prefix: string) {
        if (away) throw new Error('nobody is there');
        return readStore.settings.beginningWith(prefix);
      },
    };
    const problems: number[] = [];
    let well = 0;
    const server = await startViews({
      ...{ views: [countersView()], clock, lookMs: 5, consume: loopOf(history, readStore) },
      readStore: { ...readStore, settings },
      onProblem: () => problems.push(performance.now()),
      onWell: () => {
        well += 1;
      },
    });
    away = true;
    await until(() => problems.length >= 6, 'it is looked again');
    const pauses = problems.slice(1).map((at, index) => at - (problems[index] ?? 0));
    assert.ok((pauses.at(-1) ?? 0) > 100, `${pauses} ms, and not as often as it is looked else`);
    away = false;
    const before = well;
    await until(() => well > before, 'it is well');
    await server.stop();
  });

  it('fill anew what somebody has removed beneath them, and say so by name as long as they cannot', async () => {
    const told: string[] = [];
    const history = await historyOf(facts);
    const { readStore } = memoryStores();
    let isFull = false;
    const { documents } = readStore;
    const declare: typeof documents.declare = async (spec) => {
      if (isFull) throw new Error('no room');
      return documents.declare(spec);
    };
    const views = await startViews({
      ...{ views: [countersView()], clock, lookMs: 10, waitMs: 2_000, consume: loopOf(history, readStore) },
      readStore: { ...readStore, documents: { ...documents, declare } },
      onProblem: (_, error) => told.push(String(error)),
    });
    await views.reader.get('counters', 'ann', { position: await history.head() });
    isFull = true;
    await readStore.reset();
    await until(() => healthOf(views.status()).detail?.includes('no room') === true, 'it is told by name');
    assert.deepEqual(healthOf(views.status()), { ready: false, detail: 'view:counters: Error: no room' });
    isFull = false;
    const position = await append(history, [['ann', 1n]]);
    await until(async () => (await views.reader.reached('counters')) >= position, 'it is filled anew');
    const ann = await views.reader.get('counters', 'ann', { position });
    assert.equal((ann as { total: bigint }).total, 12n);
    assert.deepEqual((await buildsOf(readStore.settings, 'counters')).live, { version: 1, number: 2 });
    assert.deepEqual(healthOf(views.status()), { ready: true });
    assert.match(told.join(), /what it held is gone from the read store/);
    await views.stop();
  });

  it('fill their own version again where other code has left its build live and nobody advances that', async () => {
    const told: string[] = [];
    const history = await historyOf(facts);
    const { readStore } = memoryStores();
    const consume = loopOf(history, readStore);
    const runtime = { readStore, clock, lookMs: 10, waitMs: 2_000, consume };
    const server = await startViews({
      ...{ ...runtime, views: [countersView()] },
      onReplaced: (_, why) => told.push(why),
    });
    const other = await startViews({ ...runtime, views: [{ ...countersView(), version: 2 }] });
    const live = async () => (await buildsOf(readStore.settings, 'counters')).live;
    await until(async () => (await live())?.version === 2, 'other code has filled its version');
    // As long as somebody advances it, it is left alone.
    await append(history, [['ann', 1n]]);
    const elsewhere = viewReader({ views: [countersView()], readStore, clock, waitMs: 2_000 });
    const seen = await elsewhere.get('counters', 'ann', { position: await history.head() });
    assert.equal((seen as { total: bigint }).total, 12n);
    assert.equal((await live())?.version, 2);
    await other.stop();
    const position = await append(history, [['ann', 1n]]);
    const after = await server.reader.get('counters', 'ann', { position });
    assert.equal((after as { total: bigint }).total, 13n);
    assert.equal((await live())?.version, 1);
    assert.match(told.join(), /its live build is of version 2, which nobody advances/);
    await server.stop();
  });
});
