import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './child.ts';

/** The rarest of what has to happen comes about once in twenty of them. */
const SEEDS = 80;
const SHRINK_RUNS = 100;
/** Lines at the end that sum up what was met. */
const SUMMARY_LINES = 3;

test(`the stories of ${SEEDS} seeds keep every promise, and together they meet every kind of trouble`, {
  timeout: 600_000,
}, async (t) => {
  const { code, output } = await simulate(
    ...['--seeds', String(SEEDS), '--covering', '--shrink', String(SHRINK_RUNS)],
  );
  const lines = output.trimEnd().split('\n');
  assert.equal(code, 0, lines.slice(-120).join('\n'));
  for (const line of lines.slice(-SUMMARY_LINES)) t.diagnostic(line);
});
