import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { lots, owned } from '#test/support/lots-read.ts';
import type { ReadStoreEngine } from './engine.ts';

/** Settings, and the one that follows the checkpoints of consumers. */
export function settingStoreContract({ engine, open }: ReadStoreEngine): void {
  describe(`setting store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = await open();
      await store.documents.declare(lots);
    });
    afterEach(() => store.close());

    it('changes a setting only from what is expected', async () => {
      const { settings } = store;
      assert.equal(await settings.put('s', 'one', 'zero'), false);
      assert.equal(await settings.put('s', 'one', null), true);
      assert.equal(await settings.put('s', 'two', null), false);
      assert.equal(await settings.put('s', 'two', 'one'), true);
      assert.equal(await settings.get('s'), 'two');
    });

    it('finds settings by how their names begin, and no others', async () => {
      const { settings } = store;
      const named = ['view:', 'view:a', 'view:\u{10ffff}', 'view:é'] as const;
      for (const name of [...named, 'View:a', 'view', 'viewer', 'view;', 'a view:a'])
        await settings.put(name, `of ${name}`);
      const found = await settings.beginningWith('view:');
      assert.deepEqual(
        new Map([...found].sort()),
        new Map([...named].sort().map((name) => [name, `of ${name}`])),
      );
      assert.deepEqual([...(await settings.beginningWith('nobody'))], []);
    });

    it('switches over only to a consumer that is not behind', async () => {
      const { consumers, settings } = store;
      await settings.put('s', 'old');
      const change = { setting: 's', expected: 'old', value: 'new', consumer: 'b', notBehind: 'a' };
      const at = async (consumer: string, checkpoint: bigint) =>
        consumers.commit({ lease: await owned(store, consumer), writes: [], checkpoint, parked: [] });
      await at('a', 5n);
      assert.equal(await settings.switchOver(change), false);
      await at('b', 4n);
      assert.equal(await settings.switchOver(change), false);
      await at('b', 5n);
      assert.equal(await settings.switchOver({ ...change, expected: 'other' }), false);
      assert.equal(await settings.switchOver(change), true);
      assert.equal(await settings.get('s'), 'new');
    });

    it('switches over to whoever has begun where there is nothing to catch up with', async () => {
      const { consumers, settings } = store;
      const change = { setting: 's', expected: 'old', value: 'new', consumer: 'b', notBehind: undefined };
      assert.equal(await settings.switchOver(change), false);
      await settings.put('s', 'old');
      assert.equal(await settings.switchOver(change), false);
      await consumers.commit({ lease: await owned(store, 'b'), writes: [], checkpoint: 0n, parked: [] });
      assert.equal(await settings.switchOver(change), true);
      assert.equal(await settings.get('s'), 'new');
    });
  });
}
