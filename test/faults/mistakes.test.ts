import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { boot, dataFolder, quickly } from '#test/support/booted.ts';
import { openWallet, signIn } from '#test/support/customer.ts';
import { linesOf } from './operator.ts';

// An error that nothing has caught, wherever in the process: the code says that it is ours, a line says what it was, the log has
// the whole of it.

const PLANTED = quickly({ options: ['--import', join(import.meta.dirname, 'planted-mistake.ts')] });

describe('a mistake that nothing catches ends the process', { concurrency: true }, () => {
  for (const where of [
    'an exception',
    'a rejection',
    'the thread of the history',
    'the thread of the views',
  ] as const)
    test(`${where}: 70, and one line that says so`, async () => {
      const platform = boot({ DATA_DIR: await dataFolder(), PLANTED: where }, PLANTED);
      // The views may have been given something to write already, and whoever asks may be left without an answer.
      const asked = platform.address().then(async (url) => {
        if (!where.startsWith('the thread')) return platform.kill('SIGUSR2');
        await openWallet(await signIn(url, 'ann', ['bidder']), 'first');
      });
      await asked.catch(() => undefined);
      assert.equal(await platform.exited, 70, platform.output());
      const last = linesOf(platform).at(-1);
      assert.equal(last, 'An unexpected error has ended the process: TypeError: planted');
      const logged = platform
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{"level":60,'));
      assert.equal(logged.length, 1, platform.output());
      assert.match(logged[0] ?? '', /"stack":"TypeError: planted.*(?:planted-mistake\.ts|worker\.mjs)/);
    });
});
