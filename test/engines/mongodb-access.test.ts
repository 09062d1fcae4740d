import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { openReadStore, storesAt, temporaryReadStore } from '#compose/stores.ts';
import { readConfig } from '#config';
import { dataFolder } from '#test/support/booted.ts';
import { exchange, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';
import { lots, put, write } from '#test/support/lots-read.ts';
import { until } from '#test/support/until.ts';
import { refusedHere, refusedStart } from '../faults/operator.ts';
import { type OwnServer, ownServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

// Who is let in to MongoDB, by servers of our own that ask for it.

const tls = join(import.meta.dirname, '../fixtures/tls');
const [authority, certificate] = [join(tls, 'authority.pem'), join(tls, 'server.pem')];
const server = await ownMongodbFor('who is let in to MongoDB');
after(() => server?.end());

const folder = await dataFolder();
async function credentialsOf(username: string, password: string): Promise<string> {
  const file = join(folder, `${username}.${password}.json`);
  await writeFile(file, JSON.stringify({ username, password }));
  return file;
}
const hostOf = ({ url }: OwnServer): string => new URL(url).host;

/** As the settings would have it. */
const storesOf = (environment: Readonly<Record<string, string>>) =>
  storesAt(folder, readConfig(environment).readStore);

/** May do everything, and is asked for nothing but users. */
async function administrator(of: OwnServer, password: string): Promise<MongoClient> {
  const auth = { username: 'root', password };
  return new MongoClient(of.url, { auth, serverSelectionTimeoutMS: 3_000 });
}

if (server !== undefined) {
  const plain = new MongoClient(server.url);
  const everything = [{ role: 'root', db: 'admin' }];
  for (const [createUser, roles] of [
    ['root', everything],
    ['ann', everything],
    ['bob', [{ role: 'readAnyDatabase', db: 'admin' }]],
  ] as const)
    await plain.db('admin').command({ createUser, pwd: `s3cret-${createUser}`, roles });
  await plain.close();
  server.signal('SIGKILL');
  await server.start('--auth');
  credentials(server);
  encrypted();
}

/** No line of it may hold what lets anybody in. */
const quiet = (text: string): string => {
  assert.doesNotMatch(text, /s3cret/);
  return text;
};

function credentials(of: OwnServer): void {
  const address = `mongodb://${hostOf(of)}/annals`;
  const environmentOf = async (username: string, password = `s3cret-${username}`) => ({
    READ_STORE: of.url,
    READ_STORE_CREDENTIALS_FILE: await credentialsOf(username, password),
  });

  describe('read store: credentials of mongodb', () => {
    it('are taken from their file, for the store to compare with as well', async () => {
      const at = storesOf(await environmentOf('ann'));
      const store = await openReadStore(at);
      await store.documents.declare(lots);
      await put(store, [write('a', 1n, {})]);
      assert.deepEqual(store.standing(), { address, state: 'up', errors: 0 });
      await store.reset();
      await store.close();
      const { readStore, dispose } = await temporaryReadStore(at);
      await readStore.settings.put('s', 'v');
      await dispose();
    });

    it('that are wrong, missing, or may only read are refused at the start, by hosts and database', async () => {
      const refused = (why: string) => ({
        code: 69,
        says: new RegExp(`^(?!.*s3cret)READ_STORE cannot be used: ${address}: .*${why}.*\\.$`),
      });
      const DATA_DIR = join(folder, 'never');
      const wrong = await environmentOf('ann', 's3cret-wrong');
      await refusedStart({ DATA_DIR, ...wrong }, refused('authentication failed'));
      await refusedHere({ READ_STORE: of.url }, refused('requires authentication'));
      await refusedHere(await environmentOf('bob'), refused('not authorized'));
    });

    it('that are not taken any more make health red, and commands go on; once they are, it catches up', async () => {
      let log = '';
      const platform = await startHere(await environmentOf('ann'), {
        level: 'trace',
        write: (line) => {
          log += line;
        },
      });
      const ann = await signIn(platform.url, 'ann', ['bidder']);
      const change = async (pwd: string) => {
        const root = await administrator(of, 's3cret-root');
        await root.db('admin').command({ updateUser: 'ann', pwd });
        await root.close();
      };
      await change('s3cret-other');
      of.signal('SIGKILL');
      await of.start('--auth');
      const readStore = async () => (await healthOf(platform.url)).components['read-store'];
      const refused = await until(async () => {
        const seen = await readStore();
        return seen?.detail?.includes('authentication failed') && !seen.ready && seen;
      }, 'health tells that nobody is let in');
      assert.ok(refused.detail?.startsWith(`${address}; down since it failed at `), String(refused.detail));
      assert.equal((await openWallet(ann, 'during')).status, 200);
      const errors = async () => {
        const { body } = await exchange(`${platform.url}/metrics`);
        const named = `{engine="read-store",address="${address}"}`;
        assert.ok(body.includes(`annals_engine_up${named} 0`), quiet(body));
        return Number(body.split(`annals_engine_errors${named} `)[1]?.split('\n')[0]);
      };
      const before = await errors();
      await pause(1_500);
      const more = (await errors()) - before;
      assert.ok(more < 100, `${more} calls in vain: whoever waits for it pauses`);
      await change('s3cret-ann');
      await until(async () => (await readStore())?.ready === true, 'it is let in again');
      await until(async () => {
        const { body } = await ann.query('{ wallet(currency: "USD") { available } }');
        return JSON.stringify(body) === '{"data":{"wallet":{"available":"0"}}}';
      }, 'the views catch up');
      assert.match((await readStore())?.detail ?? '', /; up again, failed at .*authentication failed/);
      quiet(log + JSON.stringify(await healthOf(platform.url)));
      await platform.stop();
    });
  });
}

function encrypted(): void {
  describe('read store: mongodb over TLS', () => {
    it('is vouched for by the authority that is named, and nobody else is believed', async () => {
      const own = await ownServer(`--tls-cert-file ${certificate} --tls-key-file ${certificate}`);
      const READ_STORE = own.url;
      const address = `mongodb://${hostOf(own)}/annals`;
      try {
        const store = await openReadStore(storesOf({ READ_STORE, READ_STORE_CA_FILE: authority }));
        await store.settings.put('s', 'v');
        assert.deepEqual(store.standing(), { address, state: 'up', errors: 0 });
        await store.close();
        const unknown = storesOf({ READ_STORE: `${READ_STORE}&tls=true` });
        const says = `READ_STORE cannot be used: ${address}: .*(unable to verify|self[- ]signed|issuer)`;
        await assert.rejects(openReadStore(unknown), new RegExp(says));
        await assert.rejects(openReadStore(storesOf({ READ_STORE })), /spoken to without TLS/);
      } finally {
        await own.end();
      }
    });
  });
}
