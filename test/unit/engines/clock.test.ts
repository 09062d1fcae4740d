import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { instant, later, millisecondsOf } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { systemClock } from '#engines/clock/system.ts';
import { newIds } from '#engines/ids.ts';

const START = '2026-03-01T12:00:00.000Z';
const DAY_MS = 86_400_000;

test('the system clock waits longer than one timer can, and is never early', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: millisecondsOf(START) });
  try {
    const clock = systemClock();
    const calls: string[] = [];
    clock.at(later(START, 60 * DAY_MS), () => calls.push(clock.now()));
    for (let day = 1; day < 60; day++) mock.timers.tick(DAY_MS);
    mock.timers.tick(DAY_MS - 1);
    assert.deepEqual(calls, []);
    mock.timers.tick(1);
    assert.deepEqual(calls, [later(START, 60 * DAY_MS)]);
    mock.timers.tick(DAY_MS);
    assert.equal(calls.length, 1);
  } finally {
    mock.timers.reset();
  }
});

test('the system clock calls nobody back who has cancelled, and soon for what is past', async () => {
  const clock = systemClock();
  clock.at(later(clock.now(), 5), () => assert.fail('cancelled'))();
  await new Promise<void>((resolve) => clock.at(later(clock.now(), -1), resolve));
  await new Promise<void>((resolve) => clock.at(later(clock.now(), 10), resolve));
});

test('the steady clock waits as long as it was asked to when the wall clock is set back by an hour, and says its time', async () => {
  const realNow = Date.now;
  const clock = steadyClock();
  let setTo: ReturnType<typeof mock.method> | undefined;
  try {
    const past = new Promise<'in time'>((resolve) =>
      clock.at(later(clock.now(), 20), () => resolve('in time')),
    );
    setTo = mock.method(Date, 'now', () => realNow() - 3_600_000);
    const tooLate = new Promise<'too late'>((resolve) => setTimeout(resolve, 5_000, 'too late').unref());
    assert.equal(await Promise.race([past, tooLate]), 'in time');
    assert.ok(millisecondsOf(clock.now()) < realNow() - 3_000_000);
  } finally {
    setTo?.mock.restore();
  }
});

test('the simulated clock calls back in order of time, then of asking, each at its moment', () => {
  const clock = simulatedClock({ start: START });
  const calls: [string, string][] = [];
  const note = (name: string) => () => calls.push([name, clock.now()]);
  clock.at(later(START, 2), note('second'));
  clock.at(later(START, 1), () => {
    note('first')();
    clock.at(later(START, 2), note('third'));
  });
  clock.at(later(START, 2), note('cancelled'))();
  clock.at(later(START, 9), note('not yet'));
  clock.advanceTo(later(START, 5));
  assert.deepEqual(calls, [
    ['first', later(START, 1)],
    ['second', later(START, 2)],
    ['third', later(START, 2)],
  ]);
  assert.equal(clock.now(), later(START, 5));
  assert.equal(clock.next(), later(START, 9));
});

test('the simulated clock never goes back, and calls back soon for what is past', async () => {
  const clock = simulatedClock({ start: START });
  clock.advanceTo(later(START, -1));
  assert.equal(clock.now(), START);
  let called = false;
  clock.at(START, () => {
    called = true;
  });
  assert.equal(called, false, 'never from within the asking');
  await Promise.resolve();
  assert.equal(called, true);
  assert.equal(clock.next(), undefined);
});

test('ids of one process rise, within a millisecond and when the clock goes back', () => {
  let nowMs = millisecondsOf(START);
  const newId = newIds({ clock: { now: () => instant(nowMs) } });
  const ids: string[] = [];
  for (const step of [0, 0, 0, 1, -5, 0, 10]) {
    nowMs += step;
    ids.push(newId());
  }
  assert.deepEqual(ids, [...new Set(ids)].toSorted());
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const [first = ''] = ids;
  assert.equal(Number.parseInt(first.replaceAll('-', '').slice(0, 12), 16), millisecondsOf(START));
});
