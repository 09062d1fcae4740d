import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attack, attacks } from './run.ts';

// The short form of `npm run attack`: the same kinds and the same judge, fewer of each.

/** The promise is a second, and `npm run attack` holds the platform to it; here others work on the same cores. */
const POLITE_MS = 2_000;

test('attacked from outside, the platform stays, within its memory, and serves whoever is polite', async (t) => {
  const { findings, figures, answered } = await attack({ seed: 1, short: true, politeMs: POLITE_MS });
  for (const { name, cases, longestWaitMs, peakMemoryBytes } of figures)
    t.diagnostic(
      `${name}: ${cases} cases, waited ${Math.round(longestWaitMs)} ms, ${Math.round(peakMemoryBytes / 2 ** 20)} MiB`,
    );
  assert.deepEqual(findings, []);
  assert.deepEqual(
    figures.map(({ name }) => name),
    attacks.map(({ name }) => name),
  );
  assert.ok(figures.every(({ cases }) => cases > 0));
  assert.ok(answered > 0, 'the polite client was served');
});
