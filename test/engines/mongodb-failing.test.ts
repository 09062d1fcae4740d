import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { openMongoReadStore } from '#engines/read-store/mongodb/store.ts';
import { lots, owned, write } from '#test/support/lots-read.ts';
import { addressOf, closeAll, opening } from './mongo-given.ts';
import { type OwnServer, ownServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

const own = await ownMongodbFor('a MongoDB that fails');
after(async () => {
  await closeAll();
  await own?.end();
});
if (own !== undefined) failures(own);

/** What only a server of our own can be made to do. */
function failures(server: OwnServer): void {
  describe('read store: mongodb that fails', () => {
    it('refuses a server that has no transactions', async () => {
      const single = await ownServer('--standalone');
      const address = addressOf(single.url.replace(/\?.*/, '?directConnection=true'));
      await assert.rejects(openMongoReadStore(address), /a server alone has no transactions/);
      await single.end();
    });

    it('is asked over a bounded number of connections, however much there is to ask', async () => {
      const sockets = () =>
        process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
      const store = await opening(addressOf(server.url));
      const before = sockets();
      let most = 0;
      const asking = Promise.allSettled(Array.from({ length: 1_000 }, () => store.settings.get('none')));
      const looking = setInterval(() => {
        most = Math.max(most, sockets() - before);
      }, 1);
      const answers = await asking;
      clearInterval(looking);
      assert.ok(answers.some(({ status }) => status === 'fulfilled'));
      assert.ok(most > 1 && most <= 20, `${most} connections more`);
      await store.destroy();
    });

    it('does again what a killed server has not answered, and everything stands once', async () => {
      const store = await opening(addressOf(server.url));
      await store.documents.declare(lots);
      const lease = await owned(store);
      let done = 0n;
      const committing = (async () => {
        for (let at = 1n; at <= 60n; at += 1n) {
          const writes = [write(`id${at}`, at, { n: Number(at) }), write('last', at, { n: Number(at) })];
          assert.equal(
            await store.consumers.commit({ lease, writes, checkpoint: at, parked: [] }),
            'committed',
          );
          done = at;
        }
      })();
      for (const after of [10n, 30n]) {
        while (done < after) await pause(5);
        server.signal('SIGKILL');
        await server.start();
      }
      await committing;
      assert.equal(await store.consumers.checkpoint(lease.consumer), 60n);
      assert.equal((await store.documents.scan(lots.name, undefined, 100)).length, 61);
      assert.deepEqual((await store.documents.get(lots.name, ['last'])).get('last')?.body, { n: 60 });
      await store.destroy();
    });

    it('tells of a server that hangs, for reads and for writes, and works when it goes on', async () => {
      const store = await opening(addressOf(server.url));
      await store.documents.declare(lots);
      const lease = await owned(store);
      server.signal('SIGSTOP');
      // Its threads stop one by one.
      await pause(200);
      const commit = { lease, writes: [write('a', 1n, {})], checkpoint: 1n, parked: [] };
      await assert.rejects(store.documents.get(lots.name, ['a']), ReadStoreError);
      const hanging = store.consumers.commit(commit).catch((error: unknown) => error);
      await pause(1_000);
      server.signal('SIGCONT');
      assert.equal(await hanging, 'committed');
      assert.equal((await store.documents.get(lots.name, ['a'])).size, 1);
      await store.destroy();
    });
  });
}
