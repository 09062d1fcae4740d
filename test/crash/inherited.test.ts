import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { rawHistory } from '#test/judge/database.ts';
import { until } from '#test/support/until.ts';
import { LATER, passTime, withPlatform } from './boundaries.ts';
import { stepsBecauseOf } from './inherited/finishing.ts';
import { folderOf } from './inherited/kept.ts';
import { judgedApart } from './random-kills.ts';

// A history that code of before the renaming of rooms and words has written (commit 873f51c) is finished by this code from where
// it ends, and nobody knows how far anything had come: whatever is sent again has to be sent under the ids of then.
// `npm run crash:inherited` does so at every crash point and with all that lies beside the history.

const folder = mkdtempSync(join(tmpdir(), 'annals-inherited-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const sql = readFileSync(join(import.meta.dirname, '../fixtures/inherited-history.sql'), 'utf8');
const whole = rawHistory(folderOf(sql, join(folder, 'whole'))).events;

/** With these an auction has come to its end. */
const LAST = ['OwnershipPassed', 'LotSettled'];
const typesIn = (data: string): ReadonlySet<string> =>
  new Set(rawHistory(data).events.map(({ type }) => type));

describe('a history that older code has left', { concurrency: 2, timeout: 120_000 }, () => {
  for (const [what, events] of Object.entries({ 'a bid': 40, 'the hammer': 47, 'the payment': 52 }))
    test(`behind ${what} is finished with the same steps, each once`, async () => {
      const mine = join(folder, String(events));
      const data = folderOf(sql, join(mine, 'data'), events);
      await withPlatform({ folder: mine, death: {} }, async (counter) => {
        await passTime(counter, LATER);
        await until(() => LAST.every((last) => typesIn(data).has(last)), LAST.join(' and '));
      });
      const left = whole.slice(0, events);
      const steps = stepsBecauseOf(left, rawHistory(data).events);
      assert.deepEqual(steps.toSorted(), stepsBecauseOf(left, whole).toSorted());
      assert.ok(steps.length > stepsBecauseOf(left, left).length, 'nothing was left to do');
      assert.deepEqual((await judgedApart(data)).problems, []);
    });
});
