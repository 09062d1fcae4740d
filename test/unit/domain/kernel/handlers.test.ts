import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handlersOf, when } from '#domain/kernel/handlers.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { Asked, Nudged } from '#test/support/transfers.ts';

test('one handler takes the events of several declarations', () => {
  const handlers = handlersOf<() => string>('the test', [when(Asked, Nudged, () => 'heard')]);
  assert.deepEqual(handlers.events, [Asked, Nudged]);
  assert.equal(handlers.of('Asked')?.(), 'heard');
  assert.equal(handlers.of('Nudged')?.(), 'heard');
  assert.equal(handlers.of('constructor'), undefined);
});

test('an event that two handlers take is refused where they are declared', () => {
  const twice = () =>
    reaction({
      name: 'twice',
      on: (when) => [when(Asked, Nudged, () => []), when(Asked, () => [])],
      key: ({ stream }) => stream,
    });
  assert.throws(twice, /the reaction twice handles Asked twice/);
});
