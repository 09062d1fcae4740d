import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { storesAt, temporaryReadStore } from '#compose/stores.ts';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import type { MongoAddress } from '#engines/read-store/mongodb/client.ts';
import { connectTo } from '#engines/read-store/mongodb/connection.ts';
import { mongoConsumers } from '#engines/read-store/mongodb/consumers.ts';
import { tablesIn } from '#engines/read-store/mongodb/rows.ts';
import { openMongoReadStore } from '#engines/read-store/mongodb/store.ts';
import { boot, dataFolder } from '#test/support/booted.ts';
import { healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { idsOf, lots, owned, put, write } from '#test/support/lots-read.ts';
import { consumerStoreContract } from '../contracts/read-store/consumer-store.suite.ts';
import { documentStoreContract } from '../contracts/read-store/document-store.suite.ts';
import { readStoreContract } from '../contracts/read-store/read-store.suite.ts';
import { settingStoreContract } from '../contracts/read-store/setting-store.suite.ts';
import { snapshotStoreContract } from '../contracts/read-store/snapshot-store.suite.ts';
import { addressOf, closeAll, opening } from './mongo-given.ts';
import { type SharedServer, sharedFor } from './servers.ts';

// The contracts of the read store on a real server, and what this engine alone does.

/** Whose client tells of what it asks for. */
const watchedAt = (address: MongoAddress): MongoAddress => ({
  ...address,
  url: `${address.url}${address.url.includes('?') ? '&' : '?'}monitorCommands=true`,
});

const server = await sharedFor('the contracts of the read store on MongoDB', 'mongodb');
after(async () => {
  await closeAll();
  await server?.end();
});
if (server !== undefined) {
  contracts(server);
  alone(server.url);
}

function contracts({ url, stays }: SharedServer): void {
  const engine = {
    engine: 'mongodb',
    async open() {
      const store = await opening(addressOf(url));
      return { ...store, close: stays ? store.destroy : store.close };
    },
  };
  documentStoreContract(engine);
  consumerStoreContract(engine);
  settingStoreContract(engine);
  snapshotStoreContract(engine);
  readStoreContract(engine);
}

/** What this engine alone does. */
function alone(at: string): void {
  describe('read store: mongodb alone', () => {
    it('is shared by processes: what one has written, dropped or declared otherwise the other sees', async () => {
      const address = addressOf(at);
      const [first, second] = [await opening(address), await opening(address)];
      await first.documents.declare(lots);
      await put(first, [write('a', 1n, { state: 'open', categories: 'art' })]);
      const art = { filter: { categories: 'art' }, limit: 9 };
      assert.deepEqual(await idsOf(second, art), ['a']);
      await put(first, [write('b', 2n, { categories: ['old', 'art'] })]);
      assert.deepEqual(await idsOf(second, art), ['a', 'b']);
      await first.documents.declare({ ...lots, text: ['state'] });
      assert.deepEqual(await idsOf(second, { text: 'op', limit: 9 }), ['a']);
      await first.documents.drop(lots.name);
      await assert.rejects(second.documents.find(lots.name, { limit: 1 }), NoSuchCollectionError);
      await assert.rejects(put(second, [write('a', 3n, {})]), NoSuchCollectionError);
      await first.close();
      await second.destroy();
    });

    it('lets one of many take a lease, and commits of many at once all stand', async () => {
      const store = await opening(addressOf(at));
      await store.documents.declare(lots);
      const names = Array.from({ length: 8 }, (_, number) => `owner-${number}`);
      const leases = await Promise.all(names.map((name) => store.consumers.lease('c', name, 0, 1_000)));
      assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
      const outcomes = await Promise.all(
        names.map(async (name) => {
          const lease = await owned(store, name, name);
          const writes = [write('shared', 1n, { name }), write(name, 1n, { name })];
          return store.consumers.commit({ lease, writes, checkpoint: 1n, parked: [] });
        }),
      );
      assert.deepEqual(new Set(outcomes), new Set(['committed']));
      assert.deepEqual((await idsOf(store, { limit: 20 })).toSorted(), [...names, 'shared']);
      await store.destroy();
    });

    it('asks once for all checkpoints that are moved alone at one time', async () => {
      const connection = await connectTo(watchedAt(addressOf(at)));
      const consumers = mongoConsumers(connection, tablesIn(connection.db));
      const leases = await Promise.all(
        Array.from({ length: 30 }, (_, number) => owned({ consumers }, `c${number}`)),
      );
      let asked = 0;
      connection.db.client.on('commandStarted', () => (asked += 1));
      const move = (some: typeof leases, checkpoint: bigint) =>
        Promise.all(
          some.map((one) => {
            const lease = { ...one, checkpoint: checkpoint - 1n };
            return consumers.commit({ lease, writes: [], checkpoint, parked: [] });
          }),
        );
      await move(leases, 1n);
      assert.equal(asked, 1, 'in one turn');
      const first = move(leases.slice(0, 1), 2n);
      const others = leases.slice(1).map(async (lease) => {
        // One after the other, while the first is on its way.
        await new Promise(setImmediate);
        return move([lease], 2n);
      });
      await Promise.all([first, ...others]);
      assert.ok(asked <= 3, `${asked - 1} more for what came while one was on its way`);
      assert.ok((await consumers.all()).every(({ checkpoint }) => checkpoint === 2n));
      await connection.db.dropDatabase();
      await connection.close();
    });

    it('asks where documents stand only where somebody else may have written', async () => {
      const address = addressOf(at);
      const connection = await connectTo(watchedAt(address));
      const other = await opening(address);
      await other.documents.declare(lots);
      const consumers = mongoConsumers(connection, tablesIn(connection.db));
      await owned({ consumers });
      const asked: string[] = [];
      connection.db.client.on('commandStarted', ({ commandName }) => asked.push(commandName));
      async function asksFor(of: Parameters<typeof put>[0], ids: readonly string[], position: bigint) {
        asked.length = 0;
        const writes = ids.map((id) => write(id, position, { state: `at ${position}` }));
        assert.equal(await put(of, writes, position), 'committed');
        return asked.includes('find');
      }
      assert.equal(await asksFor({ consumers }, ['a', 'b'], 1n), false, 'nothing was ever in it');
      assert.equal(await asksFor({ consumers }, ['b', 'c'], 2n), false);
      await asksFor(other, ['c', 'd'], 5n);
      assert.equal(await asksFor({ consumers }, ['a', 'c', 'd', 'e'], 4n), true);
      assert.equal(await asksFor({ consumers }, ['a', 'd'], 3n), false, 'what was found is known');
      assert.equal(await asksFor({ consumers }, ['b'], 6n), true);
      const there = await other.documents.scan(lots.name, undefined, 9);
      assert.deepEqual(
        there.map(({ id, position, body }) => [id, position, body?.state]),
        [
          ['a', 4n, 'at 4'],
          ['b', 6n, 'at 6'],
          ['c', 5n, 'at 5'],
          ['d', 5n, 'at 5'],
          ['e', 4n, 'at 4'],
        ],
      );
      await connection.close();
      await other.destroy();
    });

    it('knows no document that a database lacks which was put back to an earlier moment', async () => {
      const address = addressOf(at);
      const store = await opening(address);
      await store.documents.declare(lots);
      const commit = async (position: bigint, id: string) =>
        put(store, [write(id, position, { state: `at ${position}` })], position);
      await commit(1n, 'a');
      const { db, close } = await connectTo(address);
      const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
      const copy = await Promise.all(
        names.map(async (name) => [db.collection(name), await db.collection(name).find().toArray()] as const),
      );
      await commit(2n, 'b');
      await commit(3n, 'c');
      for (const [collection, rows] of copy) {
        await collection.deleteMany({});
        if (rows.length > 0) await collection.insertMany(rows);
      }
      await close();
      // As many commits as before, so that the count is the same, and divided otherwise.
      await commit(2n, 'x');
      await commit(3n, 'y');
      await commit(4n, 'c');
      await commit(5n, 'b');
      assert.deepEqual((await idsOf(store, { limit: 9 })).toSorted(), ['a', 'b', 'c', 'x', 'y']);
      await store.destroy();
    });

    it('keeps what BSON cannot say, and refuses ids that would become one', async () => {
      const store = await opening(addressOf(at));
      await store.documents.declare(lots);
      const body = { $set: { 'a.b': 1 }, 'nul\0': 'lone \ud800', big: 2 ** 53, zero: [[[]]], '': null };
      await put(store, [write('a', 1n, body)]);
      assert.deepEqual((await store.documents.get(lots.name, ['a', '\ud800'])).get('a')?.body, body);
      await assert.rejects(put(store, [write('\ud800', 1n, {})]), TypeError);
      await store.destroy();
    });

    it('commits more at once than the driver sends in one message', async () => {
      const store = await opening(addressOf(at));
      await store.documents.declare(lots);
      const writes = Array.from({ length: 1_200 }, (_, number) =>
        write(`id${number}`, 1n, { state: 'open' }),
      );
      assert.equal(await put(store, writes), 'committed');
      const last = writes.slice(-500).map(({ id }) => id);
      assert.equal((await store.documents.get(lots.name, last)).size, last.length);
      await store.destroy();
    });

    it('has a store to compare with, whose database is gone behind it', async () => {
      const address = addressOf(at);
      const { readStore, dispose } = await temporaryReadStore(storesAt('/not/looked/at', address));
      await readStore.settings.put('s', 'v');
      await dispose();
      const looking = await connectTo(address);
      const { databases } = await looking.db.admin().listDatabases();
      await looking.close();
      assert.deepEqual(
        databases.filter(({ name }) => name.startsWith(address.database)),
        [],
      );
    });

    it('carries a platform over its restart, which says where the views are', async () => {
      const database = `annals-test-${randomUUID().slice(0, 8)}`;
      const readStore = at.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${database}`);
      const named = addressOf(readStore, database);
      const environment = { DATA_DIR: await dataFolder(), READ_STORE: readStore };
      const before = boot(environment);
      const ann = await signIn(await before.address(), 'ann', ['bidder']);
      await openWallet(ann, 'one');
      before.kill('SIGTERM');
      assert.equal(await before.exited, 0, before.output());
      const again = boot(environment);
      const url = await again.address();
      const { components } = await healthOf(url);
      assert.deepEqual(components['read-store'], { ready: true, detail: named.address });
      const answer = await (await signIn(url, 'ann', ['bidder'])).query(
        '{ wallet(currency: "USD") { available } }',
      );
      assert.deepEqual(answer.body.data, { wallet: { available: '0' } });
      again.kill('SIGTERM');
      assert.equal(await again.exited, 0, again.output());
      await (await opening(named)).destroy();
    });

    it('tells hosts and database when it cannot be opened, and no password', async () => {
      const access = { credentials: { username: 'ann', password: 's3cret' } };
      const nobody = { ...addressOf('mongodb://127.0.0.1:1/annals'), access };
      const bad = { ...addressOf('mongodb://127.0.0.1:x/annals'), access };
      for (const address of [nobody, bad])
        await assert.rejects(
          openMongoReadStore(address),
          (error) =>
            error instanceof ReadStoreError &&
            error.message.startsWith(`mongodb://127.0.0.1:`) &&
            !/s3cret/.test(JSON.stringify([error.message, error.stack, error.cause])),
        );
    });
  });
}
