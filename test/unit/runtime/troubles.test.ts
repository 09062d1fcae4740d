import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant, later } from '#domain/kernel/instant.ts';
import { troubles } from '#runtime/troubles.ts';

test('what fails again and again is told when it begins, once a minute, and when it is over', () => {
  const lines: string[] = [];
  const keep = (_: object, message: string) => void lines.push(message);
  const log = { info: keep, warn: keep, error: keep };
  let now = instant(Date.UTC(2026, 0, 1));
  const told = troubles({ log, clock: { now: () => now } }, { lasts: 'trouble', over: 'well' });
  told.worked('a');
  for (let second = 0; second < 150; second += 1) {
    for (const who of ['a', 'b']) told.failed(who, new Error(`connection ${second} is gone`));
    now = later(now, 1_000);
  }
  assert.deepEqual(lines, ['trouble', 'trouble', 'trouble']);
  told.failed('b', new Error('something else'));
  assert.equal(lines.length, 4, 'another reason');
  told.worked('a');
  assert.equal(lines.length, 4, 'one is left');
  told.worked('b');
  told.worked('b');
  assert.deepEqual(lines.slice(4), ['well']);
  for (let time = 0; time < 100; time += 1) {
    told.failed('a', new Error('something else'));
    told.worked('a');
  }
  assert.equal(lines.length, 5, 'what comes and goes is no more than what stays');
});
