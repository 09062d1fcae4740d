import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { type Alarms, alarms } from '#sagas/runtime/alarms.ts';

const START = '2026-03-01T12:00:00.000Z';
const at = (second: number) => later(START, second * 1_000);

test('alarms ring in order of time, and only the last moment of an instance counts', () => {
  const clock = simulatedClock({ start: START });
  const rung: string[] = [];
  const waiting = alarms({ clock, ring: (stream) => rung.push(stream), refill: () => undefined });
  waiting.set('b', at(1));
  waiting.set('c', at(3));
  waiting.set('a', at(5));
  waiting.set('a', at(2));
  waiting.set('c', undefined);
  clock.advanceTo(at(10));
  assert.deepEqual(rung, ['b', 'a']);
  assert.equal(clock.next(), undefined);
});

test('an alarm that may be out of date puts off none, and brings forward what is too late', () => {
  const clock = simulatedClock({ start: START });
  const rung: string[] = [];
  const waiting = alarms({ clock, ring: (stream) => rung.push(stream), refill: () => undefined, limit: 2 });
  waiting.set('a', at(2));
  waiting.set('b', at(4));
  assert.ok(waiting.setAtLatest('a', at(5)));
  assert.ok(waiting.setAtLatest('b', at(1)));
  assert.ok(!waiting.setAtLatest('c', at(3)));
  clock.advanceTo(at(1));
  assert.deepEqual(rung, ['b']);
  clock.advanceTo(at(2));
  assert.deepEqual(rung, ['b', 'a']);
});

test('beyond the limit the latest are forgotten, and fetched again when their time has come', () => {
  const clock = simulatedClock({ start: START });
  const all = new Map(Array.from({ length: 20 }, (_, second) => [`s${19 - second}`, 19 - second]));
  const rung: string[] = [];
  let largest = 0;
  const refill = (from: string) => {
    for (const [stream, second] of [...all].toSorted(([, a], [, b]) => a - b))
      if (at(second) >= from && !waiting.set(stream, at(second))) return;
  };
  const ring = (stream: string) => {
    largest = Math.max(largest, waiting.size + 1);
    rung.push(stream);
  };
  const waiting: Alarms = alarms({ clock, ring, refill, limit: 3 });
  for (const [stream, second] of all) waiting.set(stream, at(second));
  for (let second = 0; second <= 20; second++) clock.advanceTo(at(second + 1));
  assert.deepEqual(
    rung,
    Array.from({ length: 20 }, (_, second) => `s${second}`),
  );
  assert.ok(largest <= 3);
});

test('nothing rings after the end', () => {
  const clock = simulatedClock({ start: START });
  const waiting = alarms({
    clock,
    ring: () => assert.fail('rung'),
    refill: () => assert.fail('fetched'),
  });
  waiting.set('a', at(1));
  waiting.stop();
  waiting.set('b', at(1));
  clock.advanceTo(at(2));
  assert.equal(waiting.next, at(1));
});
