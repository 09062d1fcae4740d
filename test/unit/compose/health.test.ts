import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthOf } from '#compose/health.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';

const consumer: ConsumerStatus = {
  ...{ name: 'sagas:outbox', state: 'live', position: 7n, parkedKeys: 0, handled: 42, held: [] },
  problem: undefined,
};

test('what waits for a repair is told of with its reason, and takes the process out of use for nobody else', () => {
  const parkedFor = 'saga-settlement-a: CaptureHold: internal';
  assert.deepEqual(healthOf([{ ...consumer, parkedKeys: 1, parkedFor }]), {
    ready: true,
    detail: `1 parked; sagas:outbox: ${parkedFor}`,
  });
  assert.deepEqual(healthOf([consumer]), { ready: true });
});

test('a consumer that has stopped, or tries in vain, makes it unready and says why', () => {
  assert.deepEqual(healthOf([{ ...consumer, problem: 'overloaded' }]), {
    ready: false,
    detail: 'sagas:outbox: overloaded',
  });
  assert.equal(healthOf([{ ...consumer, state: 'stopped' }]).ready, false);
});
