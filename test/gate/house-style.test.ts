import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sizeLimits, styleProblems } from './house-style.ts';
import { readTree } from './tree.ts';

test('the house keeps its style', () => {
  assert.deepEqual(styleProblems(readTree()), []);
});

const linesOf = (count: number): string => 'void 0;\n'.repeat(count);
const planted: readonly (readonly [what: string, path: string, text: string])[] = [
  ['a file without an end', 'domain/x.ts', linesOf(sizeLimits.file + 1)],
  ['a function without an end', 'domain/x.ts', `const f = () => {\n${linesOf(sizeLimits.function)}};`],
  [
    'a closure that holds a part of the platform',
    'domain/x.ts',
    `const f = () => {\n${`const g = () => {\n${linesOf(20)}};\n`.repeat(4)}};`,
  ],
  ['a name that says nothing', 'domain/money-utils.ts', ''],
  ['the name of a pattern', 'engines/AbstractStore.ts', ''],
  ['work left for later', 'domain/x.ts', `// ${'TO'}DO: round\n`],
  ['a silenced type checker', 'domain/x.ts', `// @ts-${'ignore'}\nvoid 0;`],
  ['a silenced linter', 'domain/x.ts', `/* biome-${'ignore'} lint: because */`],
  ['a skipped test', 'test/x.test.ts', "test.skip('a', () => undefined);"],
  ['a test that nobody runs', 'test/unit/nowhere/x.test.ts', ''],
  ['a test alone', 'test/x.test.ts', "test('a', { only: true }, () => undefined);"],
];

for (const [what, path, text] of planted)
  test(`the gate notices: ${what}`, () => {
    assert.equal(styleProblems(new Map([[path, text]])).length, 1);
  });
