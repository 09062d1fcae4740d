import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOver, NotYet, whenDue } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';

const NOON = '2026-03-01T12:00:00.000Z';

test('the deadline itself is the first moment that is too late', () => {
  assert.equal(isOver(NOON, later(NOON, -1)), false);
  assert.equal(isOver(NOON, NOON), true);
  assert.equal(isOver(NOON, later(NOON, 1)), true);
});

test('what a timer brings is decided from its moment on, and not even looked at before', () => {
  const early = later(NOON, -1);
  assert.deepEqual(
    whenDue(NOON, early, () => assert.fail('decided before its time')),
    NotYet({ due: NOON, now: early }),
  );
  for (const now of [NOON, later(NOON, 86_400_000)])
    assert.equal(
      whenDue(NOON, now, () => 'decided'),
      'decided',
    );
});
