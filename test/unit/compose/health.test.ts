import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  healthOf,
  healthOfElsewhere,
  healthOfEngine,
  healthOfEngines,
  healthOfServer,
} from '#compose/health.ts';
import { instant } from '#domain/kernel/instant.ts';
import type { ConsumerStatus } from '#domain/kernel/ports/consumer.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';

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
  const named = (name: string, problem: string) => ({ ...consumer, name, problem });
  assert.deepEqual(
    healthOf([named('view:a', 'no answer'), named('view:b', 'a mistake'), named('view:c', 'no answer')]),
    { ready: false, detail: 'view:a, view:c: no answer; view:b: a mistake' },
  );
  assert.equal(healthOf([{ ...consumer, state: 'stopped' }]).ready, false);
});

const address = 'mongodb://one/views';
const lastError = { message: `${address}: no answer within 5 s`, at: instant(Date.UTC(2026, 0, 1)) };

test('an engine is told of by its address, and what it failed with last, also when it answers again', () => {
  assert.deepEqual(healthOfEngine({ address, state: 'up', errors: 0 }), { ready: true, detail: address });
  const told = `at 2026-01-01T00:00:00.000Z: ${lastError.message}`;
  assert.deepEqual(healthOfEngine({ address, state: 'down', errors: 1, lastError }), {
    ...{ ready: false, detail: `${address}; down since it failed ${told}` },
  });
  assert.deepEqual(healthOfEngine({ address, state: 'up', errors: 1, lastError }), {
    ...{ ready: true, detail: `${address}; up again, failed ${told}` },
  });
});

test('each engine stands in the health of all by its name, as it is when somebody looks', () => {
  let bus: Standing = { address: 'memory:', state: 'up', errors: 0 };
  const health = () =>
    healthOfEngines([
      { name: 'read-store', standing: () => ({ address, state: 'up', errors: 0 }) },
      { name: 'bus', standing: () => bus },
    ]);
  assert.deepEqual(health()['read-store'], { ready: true, detail: address });
  assert.deepEqual(health().bus, { ready: true, detail: 'memory:' });
  bus = { address: 'memory:', state: 'down', errors: 1 };
  assert.equal(health().bus?.ready, false);
});

test('a write side that is away is told of, and takes nobody out of use who can still be read from', () => {
  const standing: Standing = { address: 'http://write-side:4002', state: 'down', errors: 1, lastError };
  const { ready, spared, detail = '' } = healthOfElsewhere(standing);
  assert.deepEqual({ ready, spared }, { ready: false, spared: true });
  assert.equal(healthOfElsewhere({ ...standing, state: 'up' }).ready, true);
  assert.match(detail, /^http:\/\/write-side:4002; down since/);
});

test('a process that serves people beside others is in use as long as it has the history', () => {
  const bad = { ready: false };
  const told = healthOfServer({
    'event-store': bad,
    'write-side': bad,
    bus: bad,
    'read-store': bad,
    sagas: bad,
  });
  assert.deepEqual(
    Object.entries(told).flatMap(([name, { spared }]) => (spared === true ? [name] : [])),
    ['bus', 'read-store', 'sagas'],
  );
});
