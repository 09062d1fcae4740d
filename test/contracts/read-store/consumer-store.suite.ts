import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  type ConsumerStore,
  consumerStoreLimits,
  type Lease,
  type ParkedChange,
} from '#domain/kernel/ports/consumer-store.ts';
import { type DocumentWrite, NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { lots, owned, write } from '#test/support/lots-read.ts';
import type { ReadStoreEngine } from './engine.ts';

/** Leases, checkpoints, parked keys, and the commit that moves them together with documents. */
export function consumerStoreContract({ engine, open }: ReadStoreEngine): void {
  describe(`consumer store: ${engine}`, () => {
    let store: ReadStore;
    beforeEach(async () => {
      store = await open();
      await store.documents.declare(lots);
    });
    afterEach(() => store.close());

    it('commits nothing of a zombie: no write, no checkpoint, no parked key', async () => {
      const { documents, consumers } = store;
      const zombie = await owned(store);
      const heir = await consumers.lease(zombie.consumer, 'two', 1_000, 1_000);
      assert.ok(heir !== undefined && heir.epoch > zombie.epoch);
      const outcome = await consumers.commit({
        lease: zombie,
        writes: [write('a', 1n, { n: 1 })],
        checkpoint: 9n,
        parked: [{ change: 'park', key: 'k', error: 'e', at: '2026-01-01T00:00:00.000Z', positions: [1n] }],
      });
      assert.equal(outcome, 'fenced');
      assert.equal((await documents.get(lots.name, ['a'])).size, 0);
      assert.equal(await consumers.checkpoint(zombie.consumer), undefined);
      assert.deepEqual(await consumers.parked(), []);
    });

    it('commits nothing from where the checkpoint is not, as behind a restore, with documents or alone', async () => {
      const { documents, consumers } = store;
      const first = await owned(store);
      const others = await Promise.all(['a', 'b'].map((name) => owned(store, name)));
      const from = (checkpoint: bigint) => ({ ...first, checkpoint });
      const move = (lease: Lease, checkpoint: bigint, writes: readonly DocumentWrite[] = []) =>
        consumers.commit({ lease, writes, checkpoint, parked: [] });
      assert.equal(await move(first, 2n, [write('a', 2n, { n: 2 })]), 'committed');
      assert.equal(await move(from(2n), 5n), 'committed');
      // Back to an earlier moment.
      assert.equal(await move(from(5n), 2n), 'committed');
      assert.equal(await move(from(5n), 6n, [write('a', 6n, { n: 6 })]), 'fenced');
      const alone = await Promise.all([move(from(5n), 6n), ...others.map((lease) => move(lease, 6n))]);
      assert.deepEqual(alone, ['fenced', 'committed', 'committed']);
      assert.equal(await move(first, 1n), 'fenced');
      const park = { change: 'park', key: 'k', error: 'e', at: '2026-01-01T00:00:00.000Z', positions: [6n] };
      assert.equal(
        await consumers.commit({
          lease: from(5n),
          writes: [],
          checkpoint: 5n,
          parked: [park as ParkedChange],
        }),
        'fenced',
      );
      assert.deepEqual(await consumers.parked(), []);
      assert.equal(await consumers.checkpoint(first.consumer), 2n);
      assert.deepEqual((await documents.get(lots.name, ['a'])).get('a')?.body, { n: 2 });
      assert.equal(await move(from((await owned(store)).checkpoint), 3n), 'committed');
    });

    it('takes a commit that is done again, because nobody knew whether it stood, as the same', async () => {
      const { documents, consumers } = store;
      const lease = await owned(store);
      const commits = [
        { lease, writes: [write('a', 1n, { n: 1 })], checkpoint: 1n, parked: [] },
        { lease: { ...lease, checkpoint: 1n }, writes: [], checkpoint: 4n, parked: [] },
      ];
      for (const commit of commits)
        for (let times = 0; times < 2; times += 1) assert.equal(await consumers.commit(commit), 'committed');
      assert.equal(await consumers.checkpoint(lease.consumer), 4n);
      assert.deepEqual((await documents.get(lots.name, ['a'])).get('a')?.body, { n: 1 });
    });

    it('commits all or nothing when a write fails', async () => {
      const { documents, consumers } = store;
      const lease = await owned(store);
      await assert.rejects(
        consumers.commit({
          lease,
          writes: [write('a', 1n, { n: 1 }), { ...write('b', 1n, { n: 1 }), collection: 'gone' }],
          checkpoint: 1n,
          parked: [],
        }),
        NoSuchCollectionError,
      );
      assert.equal((await documents.get(lots.name, ['a'])).size, 0);
      assert.equal(await consumers.checkpoint(lease.consumer), undefined);
    });

    it('leases to one owner at a time, renews without a new epoch, hands on when released or late', async () => {
      const { consumers } = store;
      const first = await consumers.lease('c', 'one', 0, 100);
      assert.equal(await consumers.lease('c', 'two', 99, 100), undefined);
      assert.equal((await consumers.lease('c', 'one', 90, 100))?.epoch, first?.epoch);
      const late = await consumers.lease('c', 'two', 190, 100);
      assert.ok(late !== undefined && first !== undefined && late.epoch > first.epoch);
      await consumers.release(first);
      assert.equal(await consumers.lease('c', 'three', 200, 100), undefined);
      await consumers.release(late);
      const third = await consumers.lease('c', 'three', 200, 100);
      assert.ok(third !== undefined && third.epoch > late.epoch);
    });

    it('hands an owner that has ended on to its heir at once, and fences it off if it has not', async () => {
      const { consumers } = store;
      const ended = await owned(store, 'c');
      assert.equal(await consumers.lease('c', 'other', 1, 1_000), undefined);
      const heir = await consumers.lease('c', 'heir', 1, 1_000, true);
      assert.ok(heir !== undefined && heir.epoch > ended.epoch);
      const commit = { writes: [], checkpoint: 1n, parked: [] };
      assert.equal(await consumers.commit({ lease: ended, ...commit }), 'fenced');
      assert.equal(await consumers.lease('c', ended.owner, 2, 1_000), undefined);
      assert.equal(await consumers.commit({ lease: heir, ...commit }), 'committed');
      assert.equal((await consumers.lease('c', 'heir', 3, 1_000, true))?.epoch, heir.epoch);
      await consumers.release(heir);
      for (const free of ['c', 'fresh']) assert.ok(await consumers.lease(free, 'next', 4, 1_000, true));
    });

    it('keeps parked keys with their positions in order until they are released', async () => {
      const { consumers } = store;
      const lease = await owned(store);
      const at = '2026-01-01T00:00:00.000Z';
      const commit = (parked: Parameters<ConsumerStore['commit']>[0]['parked']) =>
        consumers.commit({ lease, writes: [], checkpoint: 1n, parked });
      await commit([
        { change: 'park', key: 'k', error: 'first', at, positions: [3n] },
        { change: 'append', key: 'k', positions: [7n, 2n ** 60n] },
      ]);
      assert.equal(await consumers.requestRetry(lease.consumer, 'other'), 0);
      assert.equal(await consumers.requestRetry(lease.consumer, undefined), 1);
      const base = { consumer: lease.consumer, key: 'k', since: at };
      assert.deepEqual(await consumers.parked(lease.consumer), [
        { ...base, error: 'first', positions: [3n, 7n, 2n ** 60n], waiting: 3, retry: true },
      ]);
      await commit([
        { change: 'advance', key: 'k', through: 3n },
        { change: 'park', key: 'k', error: 'second', at: '2026-01-02T00:00:00.000Z', positions: [] },
      ]);
      assert.deepEqual(await consumers.parked(), [
        { ...base, error: 'second', positions: [7n, 2n ** 60n], waiting: 2, retry: false },
      ]);
      assert.equal(await consumers.isParked(lease.consumer, 'k'), true);
      await commit([{ change: 'release', key: 'k' }]);
      assert.equal(await consumers.isParked(lease.consumer, 'k'), false);
      assert.deepEqual(await consumers.parked(), []);
    });

    it('forgets a consumer with what waits in it, and fences whoever ran it', async () => {
      const { consumers } = store;
      const lease = await owned(store);
      const park = {
        change: 'park',
        key: 'k',
        error: 'e',
        at: '2026-01-01T00:00:00.000Z',
        positions: [1n],
      } as const;
      await consumers.commit({ lease, writes: [], checkpoint: 1n, parked: [park] });
      await consumers.forget(lease.consumer);
      assert.equal(await consumers.commit({ lease, writes: [], checkpoint: 1n, parked: [] }), 'fenced');
      assert.equal(await consumers.checkpoint(lease.consumer), undefined);
      assert.deepEqual([await consumers.all(), await consumers.parked()], [[], []]);
    });

    it('tells of every consumer who holds it, until when, and how far it is', async () => {
      const { consumers } = store;
      const b = await owned(store, 'b', 'one');
      await owned(store, 'a', 'two');
      await consumers.commit({ lease: b, writes: [], checkpoint: 2n ** 60n, parked: [] });
      await consumers.release(b);
      assert.deepEqual(await consumers.all(), [
        { consumer: 'a', checkpoint: undefined, owner: 'two', leasedUntilMs: 1_000 },
        { consumer: 'b', checkpoint: 2n ** 60n, owner: undefined, leasedUntilMs: 1_000 },
      ]);
      assert.equal((await owned(store, 'b', 'three')).checkpoint, 2n ** 60n);
    });

    it('tells of parked keys in order, of each the first positions and how many wait in all', async () => {
      const { consumers } = store;
      const { parkedPositions } = consumerStoreLimits;
      const positions = Array.from({ length: parkedPositions + 7 }, (_, at) => BigInt(at + 1));
      const at = '2026-01-01T00:00:00.000Z';
      for (const consumer of ['b', 'a'])
        await consumers.commit({
          lease: await owned(store, consumer),
          writes: [],
          checkpoint: 1n,
          parked: ['y', 'x'].map((key) => ({ change: 'park', key, error: 'e', at, positions })),
        });
      const parked = await consumers.parked();
      assert.deepEqual(
        parked.map(({ consumer, key }) => consumer + key),
        ['ax', 'ay', 'bx', 'by'],
      );
      assert.deepEqual(parked[0]?.positions, positions.slice(0, parkedPositions));
      assert.equal(parked[0]?.waiting, positions.length);
      assert.equal((await consumers.parked('b')).length, 2);
    });

    it('tells each of many commits of a checkpoint alone what became of it, and moves nobody else', async () => {
      const { consumers } = store;
      const names = Array.from({ length: 40 }, (_, at) => `c${at}`);
      const leases = await Promise.all(names.map((name) => owned(store, name)));
      await consumers.lease('c7', 'heir', 1_000, 1_000);
      await consumers.forget('c11');
      const unknown = { consumer: 'nobody', owner: 'one', epoch: 1, checkpoint: 0n };
      const outcomes = await Promise.all(
        [...leases, unknown].map((lease, at) =>
          consumers.commit({ lease, writes: [], checkpoint: BigInt(at + 1), parked: [] }),
        ),
      );
      const isFenced = (name: string): boolean => name === 'c7' || name === 'c11' || name === 'nobody';
      assert.deepEqual(
        outcomes,
        [...names, 'nobody'].map((name) => (isFenced(name) ? 'fenced' : 'committed')),
      );
      const checkpoints = new Map((await consumers.all()).map((it) => [it.consumer, it.checkpoint]));
      assert.deepEqual(
        new Map(names.flatMap((name, at) => (isFenced(name) ? [] : [[name, BigInt(at + 1)]]))),
        new Map([...checkpoints].filter(([name]) => name !== 'c7')),
      );
      assert.equal(checkpoints.get('c7'), undefined);
    });

    it('moves the checkpoints of many side by side, each at its own pace, until one is taken over', async () => {
      const { documents, consumers } = store;
      const names = Array.from({ length: 12 }, (_, at) => `c${at}`);
      /** Commits one checkpoint behind the other, at each fifth with a document; answers the last that stands. */
      async function run(name: string): Promise<bigint> {
        const first = await owned(store, name);
        for (let at = 1n; at <= 25n; at += 1n) {
          const lease = { ...first, checkpoint: at - 1n };
          const writes = at % 5n === 0n ? [write(name, at, { n: Number(at) })] : [];
          if ((await consumers.commit({ lease, writes, checkpoint: at, parked: [] })) === 'fenced')
            return at - 1n;
          if (name === 'c3' && at === 13n) await consumers.lease(name, 'heir', 1_000, 1_000);
        }
        return 25n;
      }
      const reached = await Promise.all(names.map(run));
      assert.deepEqual(
        reached,
        names.map((name) => (name === 'c3' ? 13n : 25n)),
      );
      for (const [at, name] of names.entries())
        assert.equal(await consumers.checkpoint(name), reached[at], name);
      const written = await documents.get(lots.name, names);
      for (const name of names)
        assert.deepEqual(written.get(name)?.body, { n: name === 'c3' ? 10 : 25 }, name);
    });

    it('refuses a commit of more writes than the limit', async () => {
      const { consumers } = store;
      const lease = await owned(store);
      const writes = Array.from({ length: consumerStoreLimits.writesPerCommit + 1 }, () =>
        write('a', 1n, {}),
      );
      await assert.rejects(consumers.commit({ lease, writes, checkpoint: 1n, parked: [] }), RangeError);
      assert.equal(await consumers.checkpoint(lease.consumer), undefined);
    });
  });
}
