import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { underKills } from './random-kills.ts';

// Bugs that houses like this one had, planted into a platform that is killed: the judge finds each.

const folder = mkdtempSync(join(tmpdir(), 'annals-plants-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const KILLS = 3;
const MOST_ROUNDS = 3;
/** What is planted may keep answers from coming: who waits long for them finds no more. */
const PATIENCE_MS = 6_000;
const TIMEOUT_MS = 500_000;

interface Plant {
  readonly name: string;
  /** How the judge may say it. */
  readonly found: RegExp;
  /** Views to be verified. */
  readonly views: readonly string[] | 'none';
}

const plants: readonly Plant[] = [
  {
    name: 'answered-before-commit',
    found:
      /it is lost|events were told, 0 are in the history|says nothing of|was never told|that are not there/,
    views: 'none',
  },
  {
    name: 'checkpoint-before-documents',
    found: /They differ/,
    views: ['wallets', 'statement', 'auctions', 'bids'],
  },
  { name: 'ids-in-memory', found: /was decided twice|events were told|then 200|then 409/, views: 'none' },
];

describe('the judge of a platform that is killed', { concurrency: 2, timeout: 2 * TIMEOUT_MS }, () => {
  for (const { name, found, views } of plants)
    test(`finds ${name}`, { timeout: TIMEOUT_MS }, async (t) => {
      const met: string[] = [];
      // A machine that is busy with other things does little between two kills.
      for (let round = 1; round <= MOST_ROUNDS && !met.some((problem) => found.test(problem)); round++) {
        const own = join(folder, name, String(round));
        mkdirSync(join(own, 'data'), { recursive: true });
        const preloads = [`test/crash/plants/${name}.ts`];
        const limits = { kills: KILLS, patienceMs: PATIENCE_MS, views };
        const { problems } = await underKills({ folder: own, seed: 6 + round, preloads, ...limits });
        met.push(...problems);
      }
      const fitting = met.filter((problem) => found.test(problem));
      t.diagnostic(`${met.length} problems, such as: ${fitting[0] ?? met[0]}`);
      assert.ok(fitting.length > 0, met.join('\n'));
    });
});
