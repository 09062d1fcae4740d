import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { freePort } from '#bench/free-port.ts';
import { customerAt, exchange, healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import type { OwnServer } from './mongo-server.ts';
import { OneProcess } from './role-processes.ts';
import { ownMongodbFor } from './servers.ts';

// Roles that may not work as they were told to, each in a process of its own, before a MongoDB that asks for passwords: who ends says why
// and how a supervisor is to take it, who stays says what is wrong, and nobody tells a secret.

const server = await ownMongodbFor('roles that are refused');
after(() => server?.end());

/** For whoever waits a minute for somebody else before it gives up, in milliseconds. */
const GIVES_UP_MS = 180_000;
const SECRETS = ['odd-Pa55-of-ann', 'odd-Pa55-of-bob', 'odd-Pa55-of-root', 'odd-Pa55-of-nobody', 'odd-key'];
const folder = await mkdtemp(join(tmpdir(), 'annals-refused-'));
after(() => rm(folder, { recursive: true, force: true }));

const started: OneProcess[] = [];
process.once('exit', () => {
  for (const one of started) one.signal('SIGKILL');
});
after(async () => {
  for (const one of started.toReversed()) if (one.pid !== 0) await one.end('SIGTERM');
});
async function startOne(roles: string, environment: Readonly<Record<string, string>>): Promise<OneProcess> {
  const one = new OneProcess(roles, roles, await freePort(), environment);
  started.push(one);
  one.start();
  return one;
}

async function fileOf(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

interface Ended {
  readonly code: number;
  readonly says: RegExp;
}
async function ends(one: OneProcess, { code, says }: Ended): Promise<void> {
  const late = new AbortController();
  const end = await Promise.race([
    one.ended,
    pause(GIVES_UP_MS, 'late' as const, { signal: late.signal }).catch(() => 'late' as const),
  ]).finally(() => late.abort());
  assert.equal(end, code, one.output());
  const lines = one.output().trimEnd().split('\n');
  assert.match(lines.filter((line) => !line.startsWith('{')).join('\n'), says);
  // Whoever waits says so, and not more often than is of use.
  assert.ok(lines.length < 60, one.output());
}

const everything = [{ role: 'root', db: 'admin' }];
const reading = [{ role: 'readAnyDatabase', db: 'admin' }];
const administrator = (url: string, auth?: { readonly username: string; readonly password: string }) =>
  new MongoClient(url, { ...(auth && { auth }), serverSelectionTimeoutMS: 5_000 });
const credentials = (username: string, whose = username) =>
  fileOf(`${username}-${whose}.json`, JSON.stringify({ username, password: `odd-Pa55-of-${whose}` }));
type Environment = Readonly<Record<string, string>>;

/** Two platforms, each with a history of its own, whose write sides run. */
interface Platforms {
  readonly ours: Environment & { readonly SERVICE_URL: string };
  readonly theirs: Environment & { readonly DATA_DIR: string };
  readonly writeSide: OneProcess;
  readonly theirWriteSide: OneProcess;
  readonly address: string;
}

async function givenPlatforms(mongodb: OwnServer): Promise<Platforms> {
  const plain = administrator(mongodb.url);
  for (const [createUser, roles] of [
    ['root', everything],
    ['ann', everything],
    ['bob', reading],
  ] as const)
    await plain.db('admin').command({ createUser, pwd: `odd-Pa55-of-${createUser}`, roles });
  await plain.close();
  mongodb.signal('SIGKILL');
  await mongodb.start('--auth');
  const SERVICE_KEY_FILE = await fileOf('service.key', 'the key of the platform, and its secret');
  const SERVICE_PORT = String(await freePort());
  const ours = {
    ...{ READ_STORE: mongodb.url, READ_STORE_CREDENTIALS_FILE: await credentials('ann') },
    ...{ BUS: 'kafka://127.0.0.1:1', DATA_DIR: join(folder, 'ours'), SERVICE_KEY_FILE, SERVICE_PORT },
    SERVICE_URL: `http://127.0.0.1:${SERVICE_PORT}`,
  };
  const writeSide = await startOne('write-side,sagas', ours);
  await writeSide.ready();
  const theirUrl = new URL(mongodb.url);
  theirUrl.pathname = '/theirs';
  theirUrl.searchParams.set('authSource', 'admin');
  const theirs = {
    ...{ ...ours, DATA_DIR: join(folder, 'theirs'), READ_STORE: theirUrl.href },
    SERVICE_PORT: String(await freePort()),
  };
  const theirWriteSide = await startOne('write-side,sagas', theirs);
  await theirWriteSide.ready();
  const address = `mongodb://${new URL(mongodb.url).host}/annals`;
  return { ours, theirs, writeSide, theirWriteSide, address };
}

async function whoEnds({ ours, theirs, writeSide, address }: Platforms): Promise<void> {
  const READ_ONLY = { READ_STORE_CREDENTIALS_FILE: await credentials('bob') };
  const WRONG = { READ_STORE_CREDENTIALS_FILE: await credentials('ann', 'nobody') };
  const cannot = (why: string) => new RegExp(`^READ_STORE cannot be used: ${address}: .*${why}`);
  const refused: readonly (readonly [string, Readonly<Record<string, string>>, Ended])[] = [
    ['projections', { ...ours, ...READ_ONLY }, { code: 69, says: cannot('not authorized') }],
    ['projections', { ...ours, ...WRONG }, { code: 69, says: cannot('uthentication failed') }],
    [
      'publisher',
      { ...ours, READ_STORE: 'mongodb://127.0.0.1:1' },
      { code: 69, says: /mongodb:\/\/127\.0\.0\.1:1\/annals: / },
    ],
    [
      'projections',
      { ...ours, DATA_DIR: theirs.DATA_DIR },
      {
        code: 69,
        says: new RegExp(
          `names ${address}, .* in ${theirs.DATA_DIR} keeps .*/theirs,.* and DATA_DIR have to be`,
        ),
      },
    ],
    ['write-side,sagas', { ...ours, SERVICE_PORT: '0' }, { code: 69, says: new RegExp(`${writeSide.pid}`) }],
    [
      'read-api',
      { ...ours, CLOCK: 'simulated' },
      { code: 69, says: /^SERVICE_URL tells no time: .*: CLOCK is system there and simulated here/ },
    ],
    ['sagas', ours, { code: 78, says: /--role: sagas without write-side/ }],
  ];
  const others = await Promise.all(refused.map(([roles, environment]) => startOne(roles, environment)));
  await Promise.all(others.map((one, at) => ends(one, refused[at]?.[2] ?? assert.fail())));
}

async function whoStays({ ours, theirs, writeSide, theirWriteSide }: Platforms): Promise<void> {
  const stay = {
    key: await startOne('read-api', {
      ...ours,
      SERVICE_KEY_FILE: await fileOf('other.key', 'odd-key'.repeat(8)),
    }),
    port: await startOne('read-api', { ...ours, SERVICE_URL: writeSide.url }),
    history: await startOne('read-api', { ...theirs, SERVICE_URL: ours.SERVICE_URL }),
    nobody: await startOne('read-api', { ...ours, SERVICE_URL: 'http://127.0.0.1:1' }),
  };
  const whys = {
    key: /does not know our token: SERVICE_KEY_FILE or the history/,
    port: /answers 404 as no write side of this version does: SERVICE_URL/,
    history: /SERVICE_KEY_FILE or the history of DATA_DIR is another there/,
    nobody: /ECONNREFUSED/,
  };
  const tells = async (name: string, one: OneProcess): Promise<void> => {
    await one.ready();
    const told = await until(async () => {
      const { httpStatus, status, components } = await healthOf(one.url);
      const { ready, detail = '' } = components['write-side'] ?? {};
      // On a busy machine the first that it says may be that nobody has answered in time.
      return (
        ready === false && whys[name as keyof typeof whys].test(detail) && { httpStatus, status, detail }
      );
    }, `${name}: health says so`);
    assert.deepEqual([told.httpStatus, told.status], [200, 'degraded'], name);
    assert.match(told.detail, /^http:\/\/127\.0\.0\.1:\d+; down since/, name);
    const ann = await signIn(name === 'history' ? theirWriteSide.url : writeSide.url, 'ann', ['bidder']);
    const { body } = await customerAt(one.url, ann.authorization).query(
      'mutation { openWallet(currency: "USD") { __typename } }',
    );
    assert.match(JSON.stringify(body), /"Unavailable"/, name);
    assert.equal(await one.end('SIGTERM'), 0, name);
  };
  await Promise.all(Object.entries(stay).map(([name, one]) => tells(name, one)));
}

async function whoMayOnlyRead(mongodb: OwnServer, { ours, writeSide, address }: Platforms): Promise<void> {
  const projections = await startOne('projections', ours);
  await projections.ready();
  const mayWrite = async (roles: typeof everything) => {
    const root = administrator(mongodb.url, { username: 'root', password: 'odd-Pa55-of-root' });
    await root.db('admin').command({ updateUser: 'ann', roles });
    await root.close();
    // Whoever is let in stays who they were until they come again.
    mongodb.signal('SIGKILL');
    await mongodb.start('--auth');
  };
  await mayWrite(reading);
  assert.equal((await openWallet(await signIn(writeSide.url, 'ann', ['bidder']), 'while')).status, 200);
  const red = await until(async () => {
    const { httpStatus, components } = await healthOf(projections.url);
    return httpStatus === 503 && /not authorized/.test(JSON.stringify(components)) && components;
  }, 'projections are red');
  assert.ok(red['read-store']?.detail?.startsWith(address), JSON.stringify(red));
  const beside = await healthOf(writeSide.url);
  assert.deepEqual([beside.httpStatus, beside.status], [200, 'degraded']);
  const errors = async () => {
    const { body } = await exchange(`${projections.url}/metrics`);
    return Number(
      body.split(`annals_engine_errors{engine="read-store",address="${address}"} `)[1]?.split('\n')[0],
    );
  };
  // Each part of each view finds out for itself, and then waits longer and longer.
  await until(async () => {
    const before = await errors();
    await pause(1_000);
    return (await errors()) - before < 100;
  }, 'nobody hurries');
  await mayWrite(everything);
  await until(async () => (await healthOf(projections.url)).status === 'ready', 'they go on by themselves');
  const all = [red, beside, ...started.map((one) => one.output())]
    .map((one) => JSON.stringify(one))
    .join('\n');
  for (const secret of SECRETS) assert.ok(!all.includes(secret), secret);
}

async function refusedRoles(mongodb: OwnServer): Promise<void> {
  const platforms = await givenPlatforms(mongodb);
  // The first waits for a minute, and the others ask nothing of it.
  await Promise.all([whoEnds(platforms), whoStays(platforms)]);
  await whoMayOnlyRead(mongodb, platforms);
}

if (server !== undefined)
  test('roles that may not work as they were told to say why, where, and how to go on', () =>
    refusedRoles(server));
