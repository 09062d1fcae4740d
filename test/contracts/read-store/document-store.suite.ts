import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { documentLimits, NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { Filter, Query } from '#domain/kernel/ports/query.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { idsOf, lots, put, write } from '#test/support/lots-read.ts';
import type { ReadStoreEngine } from './engine.ts';

const RUNS = Number(process.env.ANNALS_RUNS ?? 60);

const rejectsAsInvalid = (promise: Promise<unknown>) =>
  assert.rejects(promise, (error) => error instanceof RejectedError && error.rejection.code === 'invalid');

/** Documents and how they are found. They come by a consumer's commit. */
export function documentStoreContract({ engine, open }: ReadStoreEngine): void {
  describe(`document store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = await open();
      await store.documents.declare(lots);
    });
    afterEach(() => store.close());

    it('gives back what was written, amounts and positions beyond 2^53 included', async () => {
      const { documents, consumers } = store;
      const position = 2n ** 60n + 1n;
      const body = { title: 'A "quoted" vase — é', price: { amount: '999999999999999999' }, none: null };
      await put(store, [write('a', position, body)], position);
      assert.deepEqual((await documents.get(lots.name, ['a', 'b'])).get('a'), {
        id: 'a',
        key: 'a',
        position,
        body,
      });
      assert.equal(await consumers.checkpoint('view:lots@1.1'), position);
      assert.equal(await consumers.checkpoint('view:other@1.1'), undefined);
    });

    it('ignores a write at or below the position of the document, also behind a tombstone', async () => {
      const { documents } = store;
      await put(store, [write('a', 5n, { n: 1 })]);
      await put(store, [write('a', 5n, { n: 2 }), write('b', 7n, null)]);
      await put(store, [write('a', 4n, { n: 3 }), write('b', 6n, { n: 4 })]);
      const found = await documents.get(lots.name, ['a', 'b']);
      assert.deepEqual(found.get('a')?.body, { n: 1 });
      assert.equal(found.get('b')?.body, null);
      assert.deepEqual(await idsOf(store, { limit: 10 }), ['a']);
      assert.deepEqual(
        (await documents.scan(lots.name, undefined, 10)).map((it) => it.id),
        ['a'],
      );
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
      const { documents } = store;
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
      for (const query of bad) await rejectsAsInvalid(documents.find(lots.name, query));
      const { items } = await (async () => {
        await put(store, [write('a', 1n, { price: { amount: '1' } }), write('b', 1n, {})]);
        return documents.find(lots.name, { limit: 1 });
      })();
      const sort = [{ field: 'price.amount', direction: 'ascending' }] as const;
      await rejectsAsInvalid(documents.find(lots.name, { limit: 1, sort, after: String(items[0]?.cursor) }));
      await assert.rejects(documents.find('gone', { limit: 1 }), NoSuchCollectionError);
    });

    it('pages that are put together are the whole, in order, whatever the sort and the page', async () => {
      const document = fc.record(
        { state: fc.constantFrom('open', 'sold', 'ä', '😀'), amount: fc.integer({ min: -3, max: 3 }) },
        { requiredKeys: [] },
      );
      const direction = fc.constantFrom('ascending' as const, 'descending' as const);
      const MOST = 12;
      let position = 0n;
      await fc.assert(
        fc.asyncProperty(
          fc.array(document, { maxLength: MOST }),
          fc.array(fc.tuple(fc.constantFrom('state', 'price.amount'), direction), { maxLength: 2 }),
          fc.integer({ min: 1, max: 5 }),
          fc.constantFrom<Filter>({}, { state: 'open' }, { 'price.amount': { $gte: 0n } }),
          async (documents, sorts, limit, filter) => {
            position += 1n;
            // Over those of the run before; what there are less of now is deleted.
            const writes = Array.from({ length: MOST }, (_, at) => {
              const { state, amount } = documents[at] ?? {};
              const body = {
                ...(state !== undefined && { state }),
                ...(amount !== undefined && { price: { amount: String(amount) } }),
              };
              return write(`id${at}`, position, at < documents.length ? body : null);
            });
            await put(store, writes, position);
            const sort = sorts.map(([field, way]) => ({ field, direction: way }));
            const whole = await idsOf(store, { filter, sort, limit: 200 });
            const pages: string[] = [];
            let after: string | undefined;
            for (let more = true; more; ) {
              const page = await store.documents.find(lots.name, {
                filter,
                sort,
                limit,
                ...(after && { after }),
              });
              pages.push(...page.items.map((item) => item.id));
              after = page.items.at(-1)?.cursor;
              more = page.more;
            }
            assert.deepEqual(pages, whole);
            const reference = memoryReadStore();
            await reference.documents.declare(lots);
            await put(reference, writes, position);
            assert.deepEqual(whole, await idsOf(reference, { filter, sort, limit: 200 }));
          },
        ),
        { numRuns: RUNS },
      );
    });

    it('scans in the order of UTF-8, from behind an id, tombstones left out', async () => {
      const { documents } = store;
      await put(store, [
        ...['b', '\u{1f600}', '\uffee', 'a', 'B'].map((id) => write(id, 1n, {})),
        write('c', 1n, null),
      ]);
      const scanned = async (after: string | undefined, limit: number) =>
        (await documents.scan(lots.name, after, limit)).map(({ id }) => id);
      assert.deepEqual(await scanned(undefined, 10), ['B', 'a', 'b', '\uffee', '\u{1f600}']);
      assert.deepEqual(await scanned('a', 2), ['b', '\uffee']);
    });

    it('keeps its documents when it is declared again, and finds them by what is declared then', async () => {
      const { documents } = store;
      const words = async (text: string) => idsOf(store, { text, limit: 10 });
      await put(store, [write('a', 1n, { title: 'vase', maker: 'Ming', price: { amount: '10' } })]);
      await documents.declare(lots);
      await documents.declare({ ...lots, indexes: [], text: ['maker'] });
      assert.deepEqual([await words('vase'), await words('ming')], [[], ['a']]);
      await documents.declare(lots);
      assert.deepEqual([await words('vase'), await words('ming')], [['a'], []]);
      assert.deepEqual(await idsOf(store, { filter: { 'price.amount': { $gt: 9n } }, limit: 10 }), ['a']);
    });

    it('refuses to read a collection that was dropped, and more ids at once than the limit', async () => {
      const { documents } = store;
      const ids = Array.from({ length: documentLimits.idsPerGet + 1 }, (_, at) => `id${at}`);
      await assert.rejects(documents.get(lots.name, ids), RangeError);
      await put(store, [write('a', 1n, {})]);
      await documents.drop(lots.name);
      await documents.drop(lots.name);
      await assert.rejects(documents.get(lots.name, ['a']), NoSuchCollectionError);
      await assert.rejects(documents.scan(lots.name, undefined, 1), NoSuchCollectionError);
      await documents.declare(lots);
      assert.equal((await documents.get(lots.name, ['a'])).size, 0);
    });
  });
}
