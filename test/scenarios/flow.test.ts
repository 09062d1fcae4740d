import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { oneBid } from '#test/support/flow/one-bid.ts';
import { flowPage } from '#test/support/flow/page.ts';
import { withFlow } from '#test/support/flow/readme.ts';

const textOf = (path: string): string => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

test('the README shows what one bid leads to', async () => {
  const readme = textOf('README.md');
  assert.equal(readme, withFlow(readme, await oneBid()), 'run `npm run schema` and commit what it writes');
});

test('docs/flow.md shows how everything flows', () => {
  assert.equal(textOf('docs/flow.md'), flowPage(), 'run `npm run schema` and commit what it writes');
});
