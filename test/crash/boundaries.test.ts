import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { beginning, story, type Told } from './boundaries.ts';
import { differingViews, judgedApart } from './random-kills.ts';

// test/scenarios/crashes.test.ts crashes once in each life, in one process and over memory. Here the process is real, the disk
// is real, and it dies at the appends of the story: each life adds one or two.

const folder = mkdtempSync(join(tmpdir(), 'annals-boundaries-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const own = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, 'data'), { recursive: true });
  return path;
};

/** Some hundred starts, on a machine that others work on too, in milliseconds. */
const TIMEOUT_MS = 600_000;
/**
 * Behind an append nothing has come of it; before the next one all has, but for what it leads to. Every boundary between two steps
 * is met from its beginning; from its end every second one is, and each with ANNALS_EVERY_STEP=1, as in `npm run crash`.
 */
const PASSED = process.env.ANNALS_EVERY_STEP === '1' ? 1 : 2;
const DEATHS = {
  'right before an append': { environment: { DIE_BEFORE_APPEND_BEHIND: String(PASSED) }, least: 30 / PASSED },
  'right behind each append': { environment: { DIE_AFTER_APPEND: '1' }, least: 30 },
};

let whole: Told;
const begun = own('begun');
before(
  async () => {
    await beginning({ folder: begun });
    whole = await story(begun, { folder: own('whole'), death: {} });
  },
  { timeout: TIMEOUT_MS },
);

test('the story of a life without death has every step in it', () => {
  assert.equal(whole.deaths, 0);
  const told = whole.end.join(' ');
  for (const type of [
    'BidAccepted',
    'ClaimEnded',
    'LotSettled',
    'TopUpConfirmed',
    'TopUpExpired',
    'TransferSent',
  ])
    assert.match(told, new RegExp(`\\b${type}\\b`));
  for (const type of ['CreditRefused', 'HoldCommitted', 'PayoutSettled', 'PlatformCredited'])
    assert.match(told, new RegExp(`\\b${type}\\b`));
});

describe('a platform that dies', { concurrency: 2, timeout: 2 * TIMEOUT_MS }, () => {
  for (const [when, { environment, least }] of Object.entries(DEATHS))
    test(`${when} comes to the same end`, { timeout: TIMEOUT_MS }, async (t) => {
      const mine = own(when);
      const told = await story(begun, { folder: mine, death: environment });
      t.diagnostic(`${told.deaths} deaths, ${told.events} events`);
      assert.ok(told.deaths > least, `it died ${told.deaths} times`);
      assert.deepEqual(told.end, whole.end);
      assert.deepEqual((await judgedApart(join(mine, 'data'), told.log)).problems, []);
      assert.deepEqual(await differingViews(join(mine, 'data')), []);
    });
});
