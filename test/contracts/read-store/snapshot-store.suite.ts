import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { ReadStoreEngine } from './engine.ts';

/** Snapshots of streams by name. */
export function snapshotStoreContract({ engine, open }: ReadStoreEngine): void {
  describe(`snapshot store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('keeps the last of each name, as it was written, until it is taken away', async () => {
      const { snapshots } = store;
      const state = { amount: { $bigint: '9'.repeat(30) }, list: [1, 'é', null, { deep: true }] };
      await snapshots.write('s-1', { at: 1 });
      await snapshots.write('s-1', state);
      await snapshots.write('s-2', { at: 2 });
      assert.deepEqual(await snapshots.read('s-1'), state);
      await snapshots.write('s-1', null);
      await snapshots.write('s-1', null);
      assert.deepEqual([await snapshots.read('s-1'), await snapshots.read('s-2')], [undefined, { at: 2 }]);
    });
  });
}
