import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Fault } from '#test/ordeal/faults.ts';
import { type OrdealReport, ordeal } from '#test/ordeal/ordeal.ts';
import { ownServersFor, type Servers } from './servers.ts';

// Roles and servers that are hit under load, once each; `npm run engines:ordeal` does it again and again. `ANNALS_SEED` repeats the choices
// that people made in a run.

const SEED = Number(process.env.ANNALS_SEED ?? Date.now() % 1_000_000);
/** Longer than a lease. */
const PAUSE_MS = 8_000;
const OUTAGE_MS = 3_000;
/** Ten seconds on a machine that has nothing else to do; less than the minute after which MongoDB itself would end what they had begun. */
const MOVED_MS = 30_000;
/** Enough of it that every fault meets some, and less than the one thread of the server of the gate bears: what is behind would be waited for. */
const LOAD = { bidders: 4, thinkMs: 1_200 };

/** Of all of it, on such a machine, in milliseconds. */
const timeout = 1_500_000;

const kill = (target: string): Fault => ({ kind: 'kill', target });
const FAULTS: readonly Fault[] = [
  ...['projections-1', 'read-api-1', 'publisher-1', 'write-side'].map(kill),
  ...['mongodb', 'kafka'].map(kill),
  { kind: 'pause', target: 'projections-2', forMs: PAUSE_MS },
  { kind: 'outage', target: 'kafka', forMs: OUTAGE_MS },
  { kind: 'outage', target: 'mongodb', forMs: OUTAGE_MS },
];

const folder = mkdtempSync(join(tmpdir(), 'annals-ordeal-'));
const servers = await ownServersFor('kills of roles and servers');
after(async () => {
  await servers?.end();
  rmSync(folder, { recursive: true, force: true });
});
if (servers !== undefined) story(servers);

function story(given: Servers): void {
  describe('roles and servers that are killed under load', { timeout }, () => {
    let report: OrdealReport | undefined;
    const told = (): OrdealReport => report ?? assert.fail('it did not come to its end');

    test('lose nothing, decide nothing twice, and leave every view and topic as it should be', {
      timeout,
    }, async (t) => {
      const endured = (one: object) => t.diagnostic(JSON.stringify(one));
      report = await ordeal({ servers: given, folder, faults: FAULTS, seed: SEED, ...LOAD, endured });
      const { verdict, topics, auctions } = report;
      const { types, problems: _, ...counts } = verdict;
      t.diagnostic(`seed ${SEED}, ${auctions} auctions: ${JSON.stringify(counts)} ${JSON.stringify(types)}`);
      t.diagnostic(`${topics.published} events left, ${topics.records} records`);
      assert.deepEqual(report.problems, []);
      assert.equal(report.endured.length, FAULTS.length);
    });

    test('hand on what a killed or stopped owner had in time', () => {
      const moved = told().endured.flatMap(({ movedMs }) => movedMs ?? []);
      assert.equal(moved.length, 3);
      for (const ms of moved) assert.ok(ms < MOVED_MS, `it took ${ms} ms`);
    });

    test('were at work in every way', () => {
      const { endured, verdict, views, topics } = told();
      for (const type of ['BidAccepted', 'LotSold', 'LotSettled', 'TopUpConfirmed', 'TransferSent'])
        assert.ok((verdict.types[type] ?? 0) > 0, `there was no ${type}`);
      for (const { fault, answered } of endured) assert.ok(answered > 0, JSON.stringify(fault));
      assert.ok(verdict.feeds > 3 && verdict.told > 100);
      assert.ok(views.length > 10 && topics.published > 100);
    });
  });
}
