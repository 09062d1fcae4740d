import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { judgedApart } from '#test/crash/random-kills.ts';
import { type DemoOutcome, firstAuctions, runDemo } from '#test/ordeal/demo.ts';
import { wholeOf, withHistory } from '#test/ordeal/history.ts';
import { busAt, freshAddresses, readStoreAt, type Servers, serversFor } from '#test/ordeal/servers.ts';
import { readTopics } from '#test/ordeal/topics.ts';
import { compareViews } from '#test/ordeal/views.ts';
import { startRoles } from './role-processes.ts';

// The demo as it is, once against the platform in one process and once against its roles, each in a process of its own, over real servers.

const AUCTIONS = 20;

const folder = mkdtempSync(join(tmpdir(), 'annals-demo-'));
const servers = await serversFor('the demo against roles');
after(async () => {
  await servers?.end();
  rmSync(folder, { recursive: true, force: true });
});
if (servers !== undefined) await story(servers);

async function story(given: Servers): Promise<void> {
  const file = join(folder, 'bids.csv');
  firstAuctions(AUCTIONS, file);
  const data = join(folder, 'roles');
  const addresses = freshAddresses(given);
  const table = ({ output }: DemoOutcome) => output.replaceAll(/\d+\.\d+ ms/g, '');

  test('the demo comes to the same table and the same prices over roles as in one process', async (t) => {
    const embedded = await runDemo(file, { folder: join(folder, 'whole') }, join(folder, 'whole.json'));
    assert.equal(embedded.code, 0, embedded.output);
    const environment = { CLOCK: 'simulated' };
    const roles = await startRoles({ ...addresses, environment, folder: data });
    try {
      const spread = await runDemo(file, { url: roles.entrance.url }, join(folder, 'roles.json'));
      assert.equal(spread.code, 0, spread.output);
      t.diagnostic(`${embedded.seconds} s in one process, ${spread.seconds} s over roles`);
      t.diagnostic(table(spread));
      assert.equal(spread.report?.auctions, AUCTIONS);
      assert.deepEqual(spread.report, embedded.report);
    } finally {
      await roles.stop();
    }
  });

  test('the judge finds nothing wrong with what the roles have recorded', async () => {
    const { problems, events, types } = await judgedApart(data);
    assert.deepEqual(problems, []);
    assert.ok(events > 1_000 && (types.LotSettled ?? 0) > AUCTIONS / 2);
  });

  test('every view in MongoDB has the content hash of an embedded rebuild', async (t) => {
    const readStore = await readStoreAt(addresses.readStore);
    t.after(() => readStore.close());
    const compared = await withHistory(data, (store) => compareViews(readStore, store));
    assert.deepEqual(
      compared.flatMap(({ problem }) => problem ?? []),
      [],
    );
    assert.ok(compared.every(({ live }) => live !== ''));
    assert.ok(compared.filter(({ documents }) => documents > 0).length > 5);
  });

  test('every event that leaves is on the topics, each stream in its order, and nothing secret', async (t) => {
    const at = busAt(addresses.bus);
    t.after(() => at.bus.close());
    const history = await withHistory(data, async (store) => ({
      epoch: store.epoch,
      events: await wholeOf(store),
    }));
    const { problems, published, records } = await readTopics(at, history);
    t.diagnostic(`${published} of ${history.events.length} events leave, ${records} records`);
    assert.deepEqual(problems, []);
    assert.ok(published > 100 && published < history.events.length);
  });
}
