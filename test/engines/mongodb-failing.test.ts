import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lease } from '#domain/kernel/ports/consumer-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { connectTo } from '#engines/read-store/mongodb/connection.ts';
import { openMongoReadStore } from '#engines/read-store/mongodb/store.ts';
import { lots, owned, put, write } from '#test/support/lots-read.ts';
import { until } from '#test/support/until.ts';
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

    it('hands a lease on without killSessions too, and says once that it has to wait for the server', async () => {
      const atlas = await ownServer('--enable-test-commands');
      const address = addressOf(atlas.url);
      const told: string[] = [];
      const [killed, heir] = [
        await opening(address),
        await openMongoReadStore(address, (it) => told.push(it)),
      ];
      const { db, close } = await connectTo(address);
      await db.admin().command({
        configureFailPoint: 'failCommand',
        mode: 'alwaysOn',
        data: { failCommands: ['killSessions'], errorCode: 59 },
      });
      await close();
      await killed.documents.declare(lots);
      await put(killed, [write('a', 1n, {})]);
      const [first] = [await owned(killed), await owned(killed, 'another')];
      for (const consumer of [first.consumer, 'another'])
        assert.ok(await heir.consumers.lease(consumer, 'two', 1_000, 1_000), consumer);
      await heir.close();
      await killed.destroy();
      await atlas.end();
      assert.equal(told.length, 1, told.join());
      assert.match(
        told.join(),
        /killSessions: .*: what an owner that was killed has left open ends after a minute/,
      );
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
      const first = await owned(store);
      let done = 0n;
      const committing = (async () => {
        for (let at = 1n; at <= 60n; at += 1n) {
          const lease = { ...first, checkpoint: at - 1n };
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
      assert.equal(await store.consumers.checkpoint(first.consumer), 60n);
      assert.equal((await store.documents.scan(lots.name, undefined, 100)).length, 61);
      assert.deepEqual((await store.documents.get(lots.name, ['last'])).get('last')?.body, { n: 60 });
      await store.destroy();
    });

    it('moves checkpoints alone over a killed server, and tells whoever was taken over meanwhile', async () => {
      const store = await opening(addressOf(server.url));
      const { consumers } = store;
      async function again(): Promise<void> {
        server.signal('SIGKILL');
        await server.start();
      }
      const behind = new Map<string, () => Promise<unknown>>([
        ['c0 10', again],
        ['c0 25', again],
        ['c5 30', () => consumers.lease('c5', 'heir', 1_000, 1_000)],
      ]);
      async function moved(first: Lease): Promise<bigint> {
        for (let at = 1n; at <= 40n; at += 1n) {
          const lease = { ...first, checkpoint: at - 1n };
          const outcome = await consumers.commit({ lease, writes: [], checkpoint: at, parked: [] });
          if (outcome === 'fenced') return at - 1n;
          await behind.get(`${lease.consumer} ${at}`)?.();
        }
        return 40n;
      }
      const names = Array.from({ length: 20 }, (_, number) => `c${number}`);
      const leases = await Promise.all(names.map((name) => owned(store, name)));
      const last = await Promise.all(leases.map(moved));
      assert.deepEqual(
        last,
        names.map((name) => (name === 'c5' ? 30n : 40n)),
      );
      for (const [at, name] of names.entries())
        assert.equal(await consumers.checkpoint(name), last[at], name);
      await store.destroy();
    });

    it('is seen to be dead, and to hang, without being asked', async () => {
      const store = await opening(addressOf(server.url));
      const standing = () => store.standing();
      const dead = [() => server.signal('SIGKILL'), () => server.signal('SIGSTOP')];
      const well = [() => server.start(), async () => server.signal('SIGCONT')];
      for (const [at, die] of dead.entries()) {
        die();
        await until(() => standing().state === 'down', 'it is missed by nobody else');
        assert.match(standing().lastError?.message ?? '', /ECONNREFUSED|no answer within|timed out/);
        await well[at]?.();
        await until(() => standing().state === 'up', 'it is there again');
      }
      await store.destroy();
    });

    it('is told by what it is where it is of another replica set, or speaks TLS or does not', async () => {
      const { host } = new URL(server.url);
      const refused = (query: string, says: RegExp) =>
        assert.rejects(openMongoReadStore(addressOf(`mongodb://${host}/?${query}`)), says);
      await refused('replicaSet=rs0', new RegExp(`${host}: its replica set is secantus, not rs0`));
      await refused('replicaSet=secantus&tls=true', /spoken to over TLS/);
    });

    it('is seen to be there again without being asked', async () => {
      const store = await opening(addressOf(server.url));
      server.signal('SIGKILL');
      await assert.rejects(store.settings.get('none'), ReadStoreError);
      assert.equal(store.standing().state, 'down');
      await server.start();
      await until(() => store.standing().state === 'up', 'it answers the question that asks on');
      assert.equal(await store.settings.get('none'), undefined);
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
