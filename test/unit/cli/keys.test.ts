import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, keysUsage } from '#cli/keys.ts';
import { rotateTokenKeys } from '#compose/tokens.ts';
import { readConfig } from '#config';
import { keyFileIn } from '#engines/folder.ts';
import { keptKeys, kindsOf, readKeys } from '#engines/tokens/key-file.ts';
import { EXIT } from '#exit';
import { dataFolder } from '#test/support/booted.ts';

// `keys rotate`, as an operator writes it and reads what it says.

type Rotate = Parameters<typeof keys>[0];

async function run(rotate: Rotate, words: readonly string[], now = false) {
  const lines: string[] = [];
  const code = await keys(rotate, words, { now }, (line) => void lines.push(line));
  return { code, lines };
}

test('the keys of the folder are rotated, those that were stolen at once, and what became of each is told by its kind', async () => {
  const folder = await dataFolder();
  const file = keyFileIn(folder);
  const config = readConfig({ DATA_DIR: folder });
  const rotate: Rotate = (stolen) => rotateTokenKeys(config, stolen);
  const [first] = await keptKeys(file);
  const { code, lines } = await run(rotate, ['rotate']);
  const { ours, rsa } = kindsOf(await readKeys(file));
  const [next, before] = ours;
  assert.equal(code, 0);
  assert.equal(before?.kid, first?.kid);
  assert.deepEqual(lines, [
    `signs: ${before?.kid}`,
    `signs from ${new Date((next?.signsFrom ?? 0) * 1_000).toISOString()}: ${next?.kid}`,
    `RS256 signs: ${rsa[0]?.kid}`,
  ]);
  const stolen = await run(rotate, ['rotate'], true);
  const left = kindsOf(await readKeys(file));
  assert.deepEqual(stolen.lines, [
    `signs: ${left.ours[0]?.kid}`,
    ...ours.map(({ kid }) => `dropped: ${kid}`),
    `RS256 signs: ${left.rsa[0]?.kid}`,
    `RS256 dropped: ${rsa[0]?.kid}`,
  ]);
});

test('what verifies still is told, and that nothing is there for a kind is told by nothing', async () => {
  const rs256 = { signs: undefined, next: undefined, verify: [], dropped: [] };
  const { lines } = await run(async () => ({ ...rs256, signs: 'a', verify: ['b', 'c'], rs256 }), ['rotate']);
  assert.deepEqual(lines, ['signs: a', 'verifies: b', 'verifies: c']);
});

test('whoever writes it otherwise is told how, and nothing is rotated', async () => {
  for (const words of [[], ['rotate', 'now'], ['rotated']])
    assert.deepEqual(await run(async () => assert.fail('nothing is rotated'), words), {
      ...{ code: EXIT.misused, lines: [keysUsage] },
    });
});
