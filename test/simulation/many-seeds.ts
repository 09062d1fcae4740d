import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { simulate } from './child.ts';

/** Lines at the end that sum up what was met. */
const SUMMARY_LINES = 3;
const SHRINK_RUNS = 100;

/** Tells the stories of so many seeds; each keeps every promise, and together they meet every kind of trouble. */
export async function tellSeeds(t: TestContext, first: number, count: number): Promise<void> {
  const { code, output } = await simulate(
    ...['--seed', String(first), '--seeds', String(count), '--covering', '--shrink', String(SHRINK_RUNS)],
  );
  const lines = output.trimEnd().split('\n');
  assert.equal(code, 0, lines.slice(-120).join('\n'));
  for (const line of lines.slice(-SUMMARY_LINES)) t.diagnostic(line);
}
