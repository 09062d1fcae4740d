import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purityProblems } from './purity.ts';
import { readTree } from './tree.ts';

test('clocks, timers, chance and the environment are used only where they belong', () => {
  assert.deepEqual(purityProblems(readTree()), []);
});

const planted: readonly string[] = [
  'const now = Date.now();',
  'const now = new Date();',
  'const now = Date();',
  'const clock = Date;',
  "const now = Date['now']();",
  'const { now } = Date;',
  'const chance = Math.random();',
  'const { random } = Math;',
  'const id = crypto.randomUUID();',
  'const later = globalThis.setTimeout;',
  'setTimeout(() => undefined, 1);',
  'const wait = setInterval;',
  'setImmediate(() => undefined);',
  'const at = performance.now();',
  'const at = process.hrtime.bigint();',
  'const signal = AbortSignal.timeout(5);',
  "import { setTimeout as wait } from 'node:timers/promises';",
  "import { randomUUID } from 'node:crypto';",
  "import { v7 } from 'uuid';",
  'const port = process.env.PORT;',
  'const all = { ...process.env };',
  'const { env } = process;',
  "const all = process['env'];",
  "import { env, hrtime } from 'node:process';",
  'const now = new Date(...[]);',
  "const answer = await fetch('http://127.0.0.1/');",
  "const socket = new WebSocket('ws://127.0.0.1/');",
];

for (const text of planted)
  test(`the gate notices: ${text}`, () => {
    for (const path of ['domain/wallets/x.ts', 'compose/x.ts', 'main.ts'])
      assert.notDeepEqual(purityProblems(new Map([[path, text]])), [], path);
  });

test('what only looks like it is let through', () => {
  const text = `
    import { createHash, type Hash } from 'node:crypto';
    // Date.now() in a comment, and 'setTimeout()' in a text.
    const text = 'setTimeout() and Math.random()';
    const begun = new Date(0).toISOString();
    const half = Math.floor(1.5) + Date.parse(begun) + Date.UTC(2026);
    const timers = { setTimeout: 1 };
    function wait(clock: { now(): Date; setTimeout: number }, when: Date): number {
      return clock.setTimeout + timers.setTimeout;
    }`;
  assert.deepEqual(purityProblems(new Map([['domain/wallets/x.ts', text]])), []);
});

test('engines may', () => {
  assert.deepEqual(
    purityProblems(new Map([['engines/x.ts', 'Date.now(); setTimeout(() => undefined, 1);']])),
    [],
  );
});
