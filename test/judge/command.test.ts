import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { programOutput } from '#test/crash/random-kills.ts';
import { dataFolder } from '#test/support/booted.ts';
import { openWallet, signIn } from '#test/support/customer.ts';
import { startHere } from '#test/support/embedded.ts';

// What whoever has a history judged reads: a verdict in words, or one line about why there is none.

const folder = await dataFolder();
const judged = (...words: readonly string[]) => programOutput(join(import.meta.dirname, 'main.ts'), words);

test('a history that keeps its promises is said to, and one that does not', async () => {
  const platform = await startHere({ DATA_DIR: folder });
  await openWallet(await signIn(platform.url, 'ann', ['bidder']), 'one');
  await platform.stop();
  const { code, output } = await judged(folder);
  const [words = '', line = '', ...rest] = output.trimEnd().split('\n');
  assert.match(words, /^The history keeps every promise: \d+ events, and nothing is broken\.$/);
  assert.deepEqual([code, JSON.parse(line).problems, rest], [0, [], []]);

  const db = new DatabaseSync(join(folder, 'events.db'));
  db.exec('UPDATE event SET revision = revision + 1 WHERE position = 1');
  db.close();
  const spoilt = await judged(folder);
  assert.match(spoilt.output, /^The history does NOT keep its promises: \d+ broken, of \d+ events\.\n\{/);
  assert.equal(spoilt.code, 1);
});

test('without a history there is one line that says why nothing is judged', async () => {
  const missing = join(folder, 'missing');
  const nonsense = await dataFolder();
  await writeFile(join(nonsense, 'events.db'), 'no history at all, but a text');
  const refused: readonly (readonly [words: readonly string[], code: number, says: RegExp])[] = [
    [[], 64, /^Whose history is to be judged\? npm run judge -- <data folder> \[log of acknowledgements\]$/],
    [[folder, missing, 'more'], 64, /^Whose history/],
    [[missing], 69, /^Nothing is judged: ENOENT: .*missing\/events\.db'$/],
    [[folder, missing], 69, /^Nothing is judged: ENOENT: .*missing'$/],
    [[nonsense], 65, /^Nothing is judged, .* cannot be read: file is not a database$/],
    [[folder, join(nonsense, 'events.db')], 65, /^Nothing is judged, .* cannot be read: .*JSON/],
  ];
  for (const [words, code, says] of refused) {
    const told = await judged(...words);
    assert.match(told.output.trimEnd(), says);
    assert.equal(told.code, code, told.output);
  }
});
