import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type KillsReport, underKills } from './random-kills.ts';

// `ANNALS_KILLS=1000 node --test test/crash/random-kills.test.ts` kills more often; `ANNALS_SEED` repeats the choices of a run
// that it has printed (the machine's own pace it cannot repeat).

const KILLS = Number(process.env.ANNALS_KILLS ?? 6);
const SEED = Number(process.env.ANNALS_SEED ?? Date.now() % 1_000_000);
/** Platforms that are killed beside each other: for many kills one for each core of a small machine. */
const LANES = KILLS > 20 ? 2 : 1;
/** A start and a life, on a machine that others work on too, in milliseconds. */
const PER_KILL_MS = 15_000;
const REST_MS = 400_000;

const folder = mkdtempSync(join(tmpdir(), 'annals-kills-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What has to have happened, so that nobody is pleased with a run in which nothing did. */
const HAPPENED = [
  ...['BidAccepted', 'LotSold', 'LotSettled', 'FundsCaptured'],
  ...['TopUpConfirmed', 'PayoutSettled', 'TransferSent'],
];

/** Of a lane, and of all that stands around it. */
const timeout = REST_MS + Math.ceil(KILLS / LANES) * PER_KILL_MS;

describe('a platform that is killed at random under load', { timeout }, () => {
  const reports: KillsReport[] = [];

  describe('beside another', { concurrency: LANES, timeout }, () => {
    for (let lane = 0; lane < LANES; lane++) {
      const kills = Math.ceil(KILLS / LANES);
      const seed = SEED + lane;
      test(`keeps its promises over ${kills} kills (lane ${lane})`, { timeout }, async (t) => {
        const own = join(folder, String(lane));
        mkdirSync(join(own, 'data'), { recursive: true });
        const report = await underKills({ folder: own, kills, seed });
        reports.push(report);
        const { problems, types, ...counts } = report;
        t.diagnostic(`seed ${seed}: ${JSON.stringify(counts)}`);
        t.diagnostic(JSON.stringify(types));
        assert.deepEqual(problems, []);
      });
    }
  });

  test('was at work in every way', () => {
    for (const type of HAPPENED)
      assert.ok(
        reports.some(({ types }) => (types[type] ?? 0) > 0),
        `there was no ${type}`,
      );
    assert.ok(reports.every(({ repeats, lost }) => repeats > 0 && lost > 0));
  });
});
