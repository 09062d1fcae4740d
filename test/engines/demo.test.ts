import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { demoOverRoles } from '#test/ordeal/demo-over-roles.ts';
import { type SharedServers, sharedServersFor } from './servers.ts';

// The demo as it is, once against the platform in one process and once against its roles, each in a process of its own, over real servers.

const AUCTIONS = 20;
/** So that all of them are played within minutes; the sample has one with fifty-four. */
const MOST_BIDS = 12;
/** On a machine that others work on too, in milliseconds. */
const timeout = 1_500_000;

const servers = await sharedServersFor('the demo over roles');
after(() => servers?.end());
if (servers !== undefined) story(servers);

function story(given: SharedServers): void {
  test('the demo over roles comes to what it comes to in one process', { timeout }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'annals-demo-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const report = await demoOverRoles({
      servers: given,
      folder: join(folder, 'demo'),
      auctions: AUCTIONS,
      mostBids: MOST_BIDS,
    });
    const { spread, embedded, views, topics, verdict, problems } = report;
    t.diagnostic(`${embedded.seconds} s in one process, ${spread.seconds} s over roles`);
    t.diagnostic(`${topics.published} of ${verdict.events} events leave, ${topics.records} records`);
    assert.deepEqual(problems, []);
    assert.deepEqual(spread.report, embedded.report);
    assert.equal(spread.report?.auctions, AUCTIONS);
    assert.ok(verdict.events > 1_000 && (verdict.types.LotSettled ?? 0) > AUCTIONS / 2);
    assert.ok(views.filter(({ documents }) => documents > 0).length > 5);
    assert.ok(topics.published > 100 && topics.published < verdict.events);
  });
}
