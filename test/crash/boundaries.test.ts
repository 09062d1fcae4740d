import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { house, story, type Told } from './boundaries.ts';
import { differingViews, judgedApart } from './random-kills.ts';

// test/scenarios/crashes.test.ts crashes once in each life, in one process and over memory. Here the process is real, the disk
// is real, and it dies at every append of the story: each life adds one.

const folder = mkdtempSync(join(tmpdir(), 'annals-boundaries-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const own = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(join(path, 'data'), { recursive: true });
  return path;
};

/** Some hundred starts, on a machine that others work on too, in milliseconds. */
const TIMEOUT_MS = 600_000;
const DEATHS = {
  'right before each append': { DIE_BEFORE_APPEND_BEHIND: '1' },
  'right behind each append': { DIE_AFTER_APPEND: '1' },
};

let whole: Told;
const begun = own('begun');
before(
  async () => {
    await house({ folder: begun });
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
  for (const [when, death] of Object.entries(DEATHS))
    test(`${when} comes to the same end`, { timeout: TIMEOUT_MS }, async (t) => {
      const mine = own(when);
      const told = await story(begun, { folder: mine, death });
      t.diagnostic(`${told.deaths} deaths, ${told.events} events`);
      assert.ok(told.deaths > 30, 'it died at each append');
      assert.deepEqual(told.end, whole.end);
      assert.deepEqual((await judgedApart(join(mine, 'data'), told.log)).problems, []);
      assert.deepEqual(await differingViews(join(mine, 'data')), []);
    });
});
