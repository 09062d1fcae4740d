import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { NoSuchCollectionError, type ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Filter, Query } from '#domain/kernel/ports/views.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { belongTo } from '#engines/read-store/history.ts';
import { memoryReadStore } from '#engines/read-store/memory.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import { idsOf, lots, owned, put, removeFolders, temporaryFolder, write } from '#test/support/lots-read.ts';

const RUNS = Number(process.env.ANNALS_RUNS ?? 60);

const engines = {
  memory: () => memoryReadStore(),
  sqlite: () => openSqliteReadStore({ folder: temporaryFolder() }),
};

const rejectsAsInvalid = (promise: Promise<unknown>) =>
  assert.rejects(promise, (error) => error instanceof RejectedError && error.rejection.code === 'invalid');

for (const [engine, open] of Object.entries(engines))
  describe(`read store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = open();
      await store.declare(lots);
    });
    afterEach(async () => {
      await store.close();
      removeFolders();
    });

    it('gives back what was written, amounts and positions beyond 2^53 included', async () => {
      const position = 2n ** 60n + 1n;
      const body = { title: 'A "quoted" vase — é', price: { amount: '999999999999999999' }, none: null };
      await put(store, [write('a', position, body)], position);
      assert.deepEqual((await store.get(lots.name, ['a', 'b'])).get('a'), {
        id: 'a',
        key: 'a',
        position,
        body,
      });
      assert.equal(await store.checkpoint('view:lots@1.1'), position);
      assert.equal(await store.checkpoint('view:other@1.1'), undefined);
    });

    it('ignores a write at or below the position of the document, also behind a tombstone', async () => {
      await put(store, [write('a', 5n, { n: 1 })]);
      await put(store, [write('a', 5n, { n: 2 }), write('b', 7n, null)]);
      await put(store, [write('a', 4n, { n: 3 }), write('b', 6n, { n: 4 })]);
      const found = await store.get(lots.name, ['a', 'b']);
      assert.deepEqual(found.get('a')?.body, { n: 1 });
      assert.equal(found.get('b')?.body, null);
      assert.deepEqual(await idsOf(store, { limit: 10 }), ['a']);
      assert.deepEqual(
        (await store.scan(lots.name, undefined, 10)).map((it) => it.id),
        ['a'],
      );
    });

    it('commits nothing of a zombie: no write, no checkpoint, no parked key', async () => {
      const zombie = await owned(store);
      const heir = await store.lease(zombie.consumer, 'two', 1_000, 1_000);
      assert.ok(heir !== undefined && heir.epoch > zombie.epoch);
      const outcome = await store.commit({
        lease: zombie,
        writes: [write('a', 1n, { n: 1 })],
        checkpoint: 9n,
        parked: [{ change: 'park', key: 'k', error: 'e', at: '2026-01-01T00:00:00.000Z', positions: [1n] }],
      });
      assert.equal(outcome, 'fenced');
      assert.equal((await store.get(lots.name, ['a'])).size, 0);
      assert.equal(await store.checkpoint(zombie.consumer), undefined);
      assert.deepEqual(await store.parked(), []);
    });

    it('commits all or nothing when a write fails', async () => {
      const lease = await owned(store);
      await assert.rejects(
        store.commit({
          lease,
          writes: [write('a', 1n, { n: 1 }), { ...write('b', 1n, { n: 1 }), collection: 'gone' }],
          checkpoint: 1n,
          parked: [],
        }),
        NoSuchCollectionError,
      );
      assert.equal((await store.get(lots.name, ['a'])).size, 0);
      assert.equal(await store.checkpoint(lease.consumer), undefined);
    });

    it('leases to one owner at a time, renews without a new epoch, hands on when released or late', async () => {
      const first = await store.lease('c', 'one', 0, 100);
      assert.equal(await store.lease('c', 'two', 99, 100), undefined);
      assert.equal((await store.lease('c', 'one', 90, 100))?.epoch, first?.epoch);
      const late = await store.lease('c', 'two', 190, 100);
      assert.ok(late !== undefined && first !== undefined && late.epoch > first.epoch);
      await store.release(first);
      assert.equal(await store.lease('c', 'three', 200, 100), undefined);
      await store.release(late);
      const third = await store.lease('c', 'three', 200, 100);
      assert.ok(third !== undefined && third.epoch > late.epoch);
    });

    it('keeps parked keys with their positions in order until they are released', async () => {
      const lease = await owned(store);
      const at = '2026-01-01T00:00:00.000Z';
      const commit = (parked: Parameters<ReadStore['commit']>[0]['parked']) =>
        store.commit({ lease, writes: [], checkpoint: 1n, parked });
      await commit([
        { change: 'park', key: 'k', error: 'first', at, positions: [3n] },
        { change: 'append', key: 'k', positions: [7n, 2n ** 60n] },
      ]);
      assert.equal(await store.requestRetry(lease.consumer, 'other'), 0);
      assert.equal(await store.requestRetry(lease.consumer, undefined), 1);
      const base = { consumer: lease.consumer, key: 'k', since: at };
      assert.deepEqual(await store.parked(lease.consumer), [
        { ...base, error: 'first', positions: [3n, 7n, 2n ** 60n], waiting: 3, retry: true },
      ]);
      await commit([
        { change: 'advance', key: 'k', through: 3n },
        { change: 'park', key: 'k', error: 'second', at: '2026-01-02T00:00:00.000Z', positions: [] },
      ]);
      assert.deepEqual(await store.parked(), [
        { ...base, error: 'second', positions: [7n, 2n ** 60n], waiting: 2, retry: false },
      ]);
      assert.equal(await store.isParked(lease.consumer, 'k'), true);
      await commit([{ change: 'release', key: 'k' }]);
      assert.equal(await store.isParked(lease.consumer, 'k'), false);
      assert.deepEqual(await store.parked(), []);
    });

    it('finds by declared and undeclared fields, amounts as numbers, arrays by any element', async () => {
      await put(store, [
        write('a', 1n, { state: 'open', price: { amount: '900' }, categories: ['art', 'old'], rank: 3 }),
        write('b', 1n, { state: 'open', price: { amount: '10000' }, categories: ['toys'], rank: 5 }),
        write('c', 1n, { state: 'sold', price: { amount: '70' }, rank: null }),
      ]);
      const expected: readonly (readonly [Filter, readonly string[]])[] = [
        [{ 'price.amount': { $gte: 900n } }, ['a', 'b']],
        [{ 'price.amount': { $lt: '900' } }, ['c']],
        [{ 'price.amount': { $in: [70, 10_000n] } }, ['b', 'c']],
        [{ state: 'open', 'price.amount': { $gt: 900n } }, ['b']],
        [{ state: { $ne: 'open' } }, ['c']],
        [{ categories: 'old' }, ['a']],
        [{ categories: { $in: ['old', 'toys'] } }, ['a', 'b']],
        [{ rank: { $gt: 3 } }, ['b']],
        [{ rank: null }, ['c']],
        [{ $or: [{ state: 'sold' }, { rank: 3 }] }, ['a', 'c']],
        [{ $and: [{ state: 'open' }, { rank: 5 }] }, ['b']],
        [{ nothing: 'here' }, []],
      ];
      for (const [filter, ids] of expected)
        assert.deepEqual(await idsOf(store, { filter, limit: 10 }), ids, JSON.stringify(Object.keys(filter)));
    });

    it('searches words: all of them, the last as a beginning, without case and accents', async () => {
      await put(store, [
        write('a', 1n, { title: 'Émile Gallé vase' }),
        write('b', 1n, { title: 'Vase of the Ming dynasty' }),
        write('c', 1n, { title: 'a chair' }),
      ]);
      assert.deepEqual(await idsOf(store, { text: 'VASE', limit: 10 }), ['a', 'b']);
      assert.deepEqual(await idsOf(store, { text: 'vase gal', limit: 10 }), ['a']);
      assert.deepEqual(await idsOf(store, { text: 'va chair', limit: 10 }), []);
      assert.deepEqual(await idsOf(store, { text: '" OR chair*', limit: 10 }), []);
      assert.deepEqual(await idsOf(store, { text: '!?', limit: 10 }), []);
      await put(store, [write('a', 2n, { title: 'Émile Gallé lamp' }), write('b', 2n, null)]);
      assert.deepEqual(await idsOf(store, { text: 'vase', limit: 10 }), []);
      assert.deepEqual(await idsOf(store, { text: 'lamp', limit: 10 }), ['a']);
    });

    it('refuses queries that make no sense, and lets none of them reach the engine', async () => {
      const bad: readonly Query[] = [
        { limit: 0 },
        { limit: 201 },
        { limit: 1, after: 'nonsense' },
        { limit: 1, after: 'x'.repeat(3_000) },
        { limit: 1, sort: [{ field: 'rank', direction: 'ascending' }] },
        { limit: 1, filter: { "a') OR 1=1 --": 1 } },
        { limit: 1, filter: { 'price.amount': 'much' } },
        { limit: 1, filter: { rank: { $where: 'x' } as never } },
        { limit: 1, text: 'w '.repeat(40) },
      ];
      for (const query of bad) await rejectsAsInvalid(store.find(lots.name, query));
      const { items } = await (async () => {
        await put(store, [write('a', 1n, { price: { amount: '1' } }), write('b', 1n, {})]);
        return store.find(lots.name, { limit: 1 });
      })();
      const sort = [{ field: 'price.amount', direction: 'ascending' }] as const;
      await rejectsAsInvalid(store.find(lots.name, { limit: 1, sort, after: String(items[0]?.cursor) }));
      await assert.rejects(store.find('gone', { limit: 1 }), NoSuchCollectionError);
    });

    it('pages that are put together are the whole, in order, whatever the sort and the page', async () => {
      const document = fc.record(
        { state: fc.constantFrom('open', 'sold', 'ä', '😀'), amount: fc.integer({ min: -3, max: 3 }) },
        { requiredKeys: [] },
      );
      const direction = fc.constantFrom('ascending' as const, 'descending' as const);
      let position = 0n;
      await fc.assert(
        fc.asyncProperty(
          fc.array(document, { maxLength: 12 }),
          fc.array(fc.tuple(fc.constantFrom('state', 'price.amount'), direction), { maxLength: 2 }),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom<Filter>({}, { state: 'open' }, { 'price.amount': { $gte: 0n } }),
          async (documents, sorts, limit, filter) => {
            position += 1n;
            await store.drop(lots.name);
            await store.declare(lots);
            const writes = documents.map(({ state, amount }, at) =>
              write(`id${at}`, position, {
                ...(state !== undefined && { state }),
                ...(amount !== undefined && { price: { amount: String(amount) } }),
              }),
            );
            await put(store, writes, position);
            const sort = sorts.map(([field, way]) => ({ field, direction: way }));
            const whole = await idsOf(store, { filter, sort, limit: 200 });
            const pages: string[] = [];
            let after: string | undefined;
            for (let more = true; more; ) {
              const page = await store.find(lots.name, { filter, sort, limit, ...(after && { after }) });
              pages.push(...page.items.map((item) => item.id));
              after = page.items.at(-1)?.cursor;
              more = page.more;
            }
            assert.deepEqual(pages, whole);
            const reference = memoryReadStore();
            await reference.declare(lots);
            await put(reference, writes, position);
            assert.deepEqual(whole, await idsOf(reference, { filter, sort, limit: 200 }));
          },
        ),
        { numRuns: RUNS },
      );
    });

    it('changes a setting only from what is expected', async () => {
      assert.equal(await store.putSetting('s', 'one', 'zero'), false);
      assert.equal(await store.putSetting('s', 'one', null), true);
      assert.equal(await store.putSetting('s', 'two', null), false);
      assert.equal(await store.putSetting('s', 'two', 'one'), true);
      assert.equal(await store.setting('s'), 'two');
    });

    it('switches over only to a consumer that is not behind', async () => {
      await store.putSetting('s', 'old');
      const change = { setting: 's', expected: 'old', value: 'new', consumer: 'b', notBehind: 'a' };
      const at = async (consumer: string, checkpoint: bigint) =>
        store.commit({ lease: await owned(store, consumer), writes: [], checkpoint, parked: [] });
      await at('a', 5n);
      assert.equal(await store.switchOver(change), false);
      await at('b', 4n);
      assert.equal(await store.switchOver(change), false);
      await at('b', 5n);
      assert.equal(await store.switchOver({ ...change, expected: 'other' }), false);
      assert.equal(await store.switchOver(change), true);
      assert.equal(await store.setting('s'), 'new');
    });

    it('reads a snapshot at one moment', async () => {
      await put(store, [write('a', 1n, { n: 1 })], 1n);
      await store.snapshot(async (at) => {
        assert.equal(await at.checkpoint('view:lots@1.1'), 1n);
        await put(store, [write('a', 2n, { n: 2 }), write('b', 2n, { n: 2 })], 2n);
        assert.equal(await at.checkpoint('view:lots@1.1'), 1n);
        const documents = await at.scan(lots.name, undefined, 10);
        assert.deepEqual(
          documents.map((it) => it.body),
          [{ n: 1 }],
        );
      });
    });

    it('forgets a consumer and fences whoever ran it; keeps snapshots of streams', async () => {
      const lease = await owned(store);
      await store.forget(lease.consumer);
      assert.equal(await store.commit({ lease, writes: [], checkpoint: 1n, parked: [] }), 'fenced');
      await store.writeSnapshot('s-1', { at: 1 });
      assert.deepEqual(await store.readSnapshot('s-1'), { at: 1 });
      assert.equal(await store.readSnapshot('s-2'), undefined);
      await store.writeSnapshot('s-1', null);
      assert.equal(await store.readSnapshot('s-1'), undefined);
    });

    it('is emptied when it belongs to another history', async () => {
      assert.equal(await belongTo(store, 'first'), false);
      await put(store, [write('a', 1n, { n: 1 })]);
      assert.equal(await belongTo(store, 'first'), false);
      assert.equal((await store.get(lots.name, ['a'])).size, 1);
      assert.equal(await belongTo(store, 'second'), true);
      assert.deepEqual(await store.consumers(), []);
      await assert.rejects(store.get(lots.name, ['a']), NoSuchCollectionError);
    });
  });
