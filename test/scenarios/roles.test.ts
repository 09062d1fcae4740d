import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort } from '#bench/free-port.ts';
import { openLog } from '#compose/log.ts';
import { type Platform, startPlatform } from '#compose/platform.ts';
import { type Config, type PlatformRole, readConfig, roles } from '#config';
import { ask, type Customer, customerAt, healthOf, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';

// Two halves of the platform side by side in one process, over one folder. Their settings refuse that, since SQLite's views are of one
// process; it is their ways to each other that are tried here, and what each has alone. Real ones are tried in test/engines/.

const DECIDING: readonly PlatformRole[] = ['write-side', 'sagas'];
const READING: readonly PlatformRole[] = ['projections', 'read-api', 'publisher'];

const folder = await mkdtemp(join(tmpdir(), 'annals-halves-'));
const port = String(await freePort());
const settings = readConfig({
  ...{ PORT: '0', DATA_DIR: folder, CLOCK: 'simulated' },
  ...{ SERVICE_PORT: port, SERVICE_URL: `http://127.0.0.1:${port}` },
});
const logged: string[] = [];
function start(some: readonly PlatformRole[], others: Partial<Config> = {}): Promise<Platform> {
  const own = { roles: roles.filter((role) => some.includes(role)), whole: false };
  const config: Config = { ...settings, ...own, ...others };
  return startPlatform({
    ...{ config, version: 'test', log: openLog('warn', { write: (line: string) => void logged.push(line) }) },
    onFatal: (error) => assert.fail(error),
  });
}

// The one that reads waits for the other.
const reading = start(READING);
let deciding = await start(DECIDING);
const read = await reading;
after(async () => {
  await read.stop();
  await deciding.stop();
  await rm(folder, { recursive: true, force: true });
});

const WALLET =
  'mutation ($id: ID) { openWallet(commandId: $id, currency: "USD") { __typename ... on Accepted { position } ... on Rejection { code } } }';
interface Told {
  readonly __typename: string;
  readonly position?: string;
  readonly code?: string;
}
async function openWallet(who: Customer, id: string): Promise<Told> {
  const { body } = await who.query(WALLET, { id });
  const { data } = body as { readonly data?: { readonly openWallet: Told } };
  return data?.openWallet ?? assert.fail(JSON.stringify(body));
}
const walletsOf = async (who: Customer, at: string | undefined) =>
  (
    await who.query(
      'query ($at: Token) { wallets(atLeast: $at, first: 5) { edges { node { currency } } } }',
      { at },
    )
  ).body;

test('each half tells of what it has, and serves it alone', async () => {
  const decides = await healthOf(deciding.url);
  assert.equal(decides.status, 'ready');
  // It has come before the other, and finds it soon.
  const reads = await until(async () => {
    const told = await healthOf(read.url);
    return told.status === 'ready' && told;
  }, 'the half that reads is ready');
  assert.ok('sagas' in decides.components && !('projections' in decides.components));
  assert.ok('projections' in reads.components && !('sagas' in reads.components));
  assert.match(reads.components['write-side']?.detail ?? '', new RegExp(`127\\.0\\.0\\.1:${port}`));
  const statusOf = async (url: string) => (await fetch(url)).status;
  assert.equal(await statusOf(`${deciding.url}/docs`), 200);
  assert.equal(await statusOf(`${read.url}/docs`), 404);
  assert.equal(await statusOf(`${deciding.url}/graphql`), 404);
  assert.equal(await statusOf(`${read.url}/dev/clock`), 404);
  assert.equal(await statusOf(`http://127.0.0.1:${port}/health/ready`), 200);
  const third = await start(['read-api']);
  // What it has no use for is none of its engines.
  assert.deepEqual(
    [decides.components, reads.components, (await healthOf(third.url)).components].map((all) => 'bus' in all),
    [true, true, false],
  );
  assert.doesNotMatch(await (await fetch(`${third.url}/metrics`)).text(), /engine="bus"/);
  await third.stop();
  for (const url of [deciding.url, read.url]) {
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.equal(/annals_commands_limit/.test(text), url === deciding.url);
    assert.equal(/consumer="view:wallets/.test(text), url === read.url);
  }
  assert.match(logged.join(''), /waits for the process that writes the history/);
});

test('a mutation is decided in the other half, by who has asked, and read back by its token', async () => {
  const ann = await signIn(deciding.url, 'ann', ['bidder']);
  const there = customerAt(read.url, ann.authorization);
  const first = await openWallet(there, 'one');
  assert.equal(first.__typename, 'Accepted');
  assert.deepEqual(await openWallet(there, 'one'), first);
  assert.match(JSON.stringify(await walletsOf(there, first.position)), /USD/);
  const nobody = await openWallet(customerAt(read.url, 'Bearer nobody'), 'two').catch(
    (error: Error) => error,
  );
  assert.match(String(nobody instanceof Error ? nobody.message : nobody.code), /unauthenticated/);
});

test('the clock is one, and a move ends when the views are there', async () => {
  const { body } = await ask(`${deciding.url}/dev/clock`, { to: '2026-06-01T00:00:00.000Z' });
  assert.equal(body.now, '2026-06-01T00:00:00.000Z');
  const bob = await signIn(deciding.url, 'bob', ['bidder'], 1);
  const there = customerAt(read.url, bob.authorization);
  assert.equal((await openWallet(there, 'b')).__typename, 'Accepted');
  await ask(`${deciding.url}/dev/clock`, { to: '2026-06-01T00:30:00.000Z' });
  // Without a token of its place: whoever has moved the clock sees what was before.
  assert.match(JSON.stringify(await walletsOf(there, undefined)), /USD/);
  await ask(`${deciding.url}/dev/clock`, { to: '2026-06-01T02:00:00.000Z' });
  const late = await openWallet(there, 'c').catch((error: Error) => error);
  assert.match(String(late instanceof Error ? late.message : late.code), /unauthenticated/);
});

test('a half that lives by another clock is read from, says so, and sends no command', async () => {
  const other = await start(['read-api'], { clock: 'system' });
  const told = await until(async () => {
    const { httpStatus, status, components } = await healthOf(other.url);
    return components['write-side']?.ready === false && { httpStatus, status, components };
  }, 'the clocks are compared');
  assert.deepEqual([told.httpStatus, told.status], [200, 'degraded']);
  assert.match(
    told.components['write-side']?.detail ?? '',
    /CLOCK is simulated there and system here: all roles live by one clock/,
  );
  await other.stop();
});

test('while the deciding half is away the other is read from, and says of commands that the same id tells', async () => {
  const cyd = await signIn(deciding.url, 'cyd', ['bidder']);
  const there = customerAt(read.url, cyd.authorization);
  await deciding.stop();
  assert.equal((await openWallet(there, 'w')).code, 'unavailable');
  assert.ok(JSON.stringify(await walletsOf(there, undefined)).includes('edges'));
  const { httpStatus, status, components } = await healthOf(read.url);
  assert.deepEqual([httpStatus, status], [200, 'degraded']);
  assert.match(components['write-side']?.detail ?? '', /down since/);
  deciding = await start(DECIDING);
  const answers = [await openWallet(there, 'w'), await openWallet(there, 'w')];
  assert.equal(answers[0]?.__typename, 'Accepted');
  assert.deepEqual(answers[1], answers[0]);
});
