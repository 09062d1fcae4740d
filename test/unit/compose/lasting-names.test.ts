import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { lastingNames, type Names } from '#test/support/lasting-names.ts';

const kept: Names = JSON.parse(
  readFileSync(new URL('../../fixtures/lasting-names.json', import.meta.url), 'utf8'),
);

for (const [kind, names] of Object.entries(lastingNames)) {
  const before = new Set(kept[kind]);
  test(`no name that lasts is changed or lost: ${kind}`, () => {
    const lost = [...before].filter((name) => !names.includes(name));
    assert.deepEqual(lost, [], 'histories and checkpoints have it: keep the old name');
  });
  test(`every name that lasts is kept for later: ${kind}`, () => {
    const fresh = names.filter((name) => !before.has(name));
    assert.deepEqual(fresh, [], 'add it with `npm run schema`');
  });
}
