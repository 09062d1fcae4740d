import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { belongTo } from '#engines/read-store/history.ts';
import { lots, put, write } from '#test/support/lots-read.ts';
import type { ReadStoreEngine } from './engine.ts';

/** What holds over the four ports of one engine. */
export function readStoreContract({ engine, open }: ReadStoreEngine): void {
  describe(`read store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = await open();
      await store.documents.declare(lots);
    });
    afterEach(() => store.close());

    it('reads a snapshot at one moment', async () => {
      await put(store, [write('a', 1n, { n: 1 })], 1n);
      await store.atOneMoment(async (at) => {
        assert.equal(await at.consumers.checkpoint('view:lots@1.1'), 1n);
        await put(store, [write('a', 2n, { n: 2 }), write('b', 2n, { n: 2 })], 2n);
        assert.equal(await at.consumers.checkpoint('view:lots@1.1'), 1n);
        const documents = await at.documents.scan(lots.name, undefined, 10);
        assert.deepEqual(
          documents.map((it) => it.body),
          [{ n: 1 }],
        );
      });
    });

    it('says where it is and that it answers, and what it is asked wrongly is no failure of it', async () => {
      const { address, state, errors, lastError } = store.standing();
      assert.match(address, new RegExp(`^${engine}:`));
      assert.deepEqual([state, errors, lastError], ['up', 0, undefined]);
      await assert.rejects(store.documents.find('missing', { limit: 1 }), NoSuchCollectionError);
      const lease = await store.consumers.lease('standing', 'me', 0, 1_000);
      assert.ok(lease);
      const writes = [{ ...write('a', 1n, {}), collection: 'missing' }];
      await assert.rejects(
        store.consumers.commit({ lease, writes, checkpoint: 1n, parked: [] }),
        NoSuchCollectionError,
      );
      await assert.rejects(
        store.documents.get(
          lots.name,
          Array.from({ length: 1_001 }, (_, at) => `${at}`),
        ),
        RangeError,
      );
      assert.deepEqual(store.standing(), { address, state: 'up', errors: 0 });
    });

    it('is emptied when it belongs to another history', async () => {
      const { documents, consumers } = store;
      assert.equal(await belongTo(store, 'first'), false);
      await put(store, [write('a', 1n, { n: 1 })]);
      assert.equal(await belongTo(store, 'first'), false);
      assert.equal((await documents.get(lots.name, ['a'])).size, 1);
      assert.equal(await belongTo(store, 'second'), true);
      assert.deepEqual(await consumers.all(), []);
      await assert.rejects(documents.get(lots.name, ['a']), NoSuchCollectionError);
    });
  });
}
