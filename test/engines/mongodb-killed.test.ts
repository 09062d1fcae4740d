import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mortalPlatform } from '#test/crash/mortal-platform.ts';
import { dataFolder } from '#test/support/booted.ts';
import { healthOf, openWallet, signIn } from '#test/support/customer.ts';
import { until } from '#test/support/until.ts';
import type { OwnServer } from './mongo-server.ts';
import { ownMongodbFor } from './servers.ts';

// One process with all roles, whose read models are in MongoDB, is killed in the midst of a commit.

/** Some seconds on a machine that has nothing else to do; less than the minute after which MongoDB itself would end what it had begun. */
const BACK_MS = 30_000;
const server = await ownMongodbFor('a whole platform that is killed in a commit');
after(() => server?.end());

async function killed(there: OwnServer): Promise<void> {
  const platform = await mortalPlatform({
    folder: await dataFolder(),
    environment: { READ_STORE: there.url },
    preloads: ['test/engines/preloads/dies-in-commit.ts'],
  });
  after(() => platform.kill());
  assert.equal(await platform.start({ DIE_IN_COMMIT: 'yes' }), true, platform.output());
  const { url } = platform;
  const ann = await signIn(url, 'ann', ['bidder']);
  // Its answer may be lost.
  await openWallet(ann, 'one').catch(() => undefined);
  assert.equal(await platform.ended, null, 'it is killed');
  const began = performance.now();
  assert.equal(await platform.start(), true, platform.output());
  const { token } = (await openWallet(ann, 'one')).body;
  const query = `{ wallet(currency: "USD", atLeast: "${token}") { available } }`;
  const isThere = async () =>
    JSON.stringify((await ann.query(query)).body) === '{"data":{"wallet":{"available":"0"}}}';
  await until(
    async () => {
      assert.ok(
        performance.now() - began < BACK_MS,
        `it waits for what it has left open:\n${platform.output()}`,
      );
      return (await isThere()) && (await healthOf(url)).status === 'ready';
    },
    () => `it is back:\n${platform.output()}`,
  );
  assert.equal(await platform.stop(), 0, platform.output());
}

if (server !== undefined)
  test('a whole platform that is killed in the midst of a commit is up again long before its transaction ends by itself', () =>
    killed(server));
