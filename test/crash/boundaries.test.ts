import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { rawHistory } from '#test/judge/database.ts';
import { beginning, story, type Told } from './boundaries.ts';
import { kindOf } from './kinds.ts';
import { differingViews, judgedApart } from './random-kills.ts';

// test/scenarios/crashes.test.ts crashes once in each life, in one process and over memory. Here the process is real, the disk
// is real, and it dies at appends of the story: each life adds some.

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
 * Behind an append nothing has come of it; before the next one all has, but for what it leads to. With ANNALS_EVERY_STEP=1, as in
 * `npm run crash`, every boundary between two steps is met from either end; else one of every second kind of append is, from one of its
 * ends: test/scenarios/crashes.test.ts meets all.
 */
const everyStep = process.env.ANNALS_EVERY_STEP === '1';
const LEAST_DEATHS = 30;
/** A line for each death. */
const deathsIn = (life: string): string => join(life, 'deaths');

let moved: Told;
let whole: Told;
const begun = own('begun');
before(
  async () => {
    moved = await beginning({ folder: begun });
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

/** Tells the story to a platform that dies on the way, and looks whether its end is the one of a life without death. */
async function comesToTheSameEnd(
  t: TestContext,
  own: string,
  death: Readonly<Record<string, string>>,
): Promise<Told> {
  const told = await story(begun, { folder: own, death });
  t.diagnostic(`${told.deaths} deaths, ${told.events} events`);
  assert.deepEqual(told.end, whole.end);
  assert.deepEqual((await judgedApart(join(own, 'data'), told.log)).problems, []);
  assert.deepEqual(await differingViews(join(own, 'data')), []);
  return told;
}

describe('a platform that dies', { concurrency: 2, timeout: 2 * TIMEOUT_MS }, () => {
  if (everyStep)
    for (const [when, death] of Object.entries({
      'right before an append': { DIE_BEFORE_APPEND_BEHIND: '1' },
      'right behind each append': { DIE_AFTER_APPEND: '1' },
    }))
      test(`${when} comes to the same end`, { timeout: TIMEOUT_MS }, async (t) => {
        const { deaths } = await comesToTheSameEnd(t, own(when), death);
        assert.ok(deaths > LEAST_DEATHS, `it died ${deaths} times`);
      });
  else
    test('at an append of every second kind, right before it or right behind it, comes to the same end', {
      timeout: TIMEOUT_MS,
    }, async (t) => {
      const mine = own('each kind');
      const { deaths } = await comesToTheSameEnd(t, mine, { DIE_AT_KINDS: deathsIn(mine) });
      const lines = readFileSync(deathsIn(mine), 'utf8').trimEnd().split('\n');
      assert.ok(2 * deaths >= lines.length, `it died ${deaths} times at ${lines.length} kinds`);
      const met = new Set(lines.flatMap((line) => line.replace('passed over ', '').split(', ')));
      const happened = rawHistory(join(folder, 'whole', 'data')).events.slice(moved.events);
      assert.deepEqual(
        [...new Set(happened.map(kindOf))].filter((kind) => !met.has(kind)),
        [],
      );
    });
});
