import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { later } from '#domain/kernel/instant.ts';
import { during, givenWorld, inputsOf } from '#test/support/saga-runtime.ts';
import { Nudge } from '#test/support/transfers.ts';
import { HOUR_MS, OVERDUE, WAITING, waiting, wanted } from '#test/support/waiting.ts';

test('a timer fires at its moment, once, and never before', async () => {
  const world = givenWorld();
  await during(world, { sagas: [waiting] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await settle();
    world.clock.advanceTo(later(OVERDUE, -1));
    await settle();
    assert.deepEqual(await inputsOf(world, WAITING), ['Asked']);
    world.clock.advanceTo(OVERDUE);
    await settle();
    world.clock.advanceTo(later(OVERDUE, HOUR_MS));
    await settle();
  });
  assert.deepEqual(await inputsOf(world, WAITING), ['Asked', 'overdue']);
});

test('a timer that falls due while nobody runs fires once at the next start', async () => {
  const world = givenWorld();
  await during(world, { sagas: [waiting] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await settle();
  });
  world.clock.advanceTo(later(OVERDUE, HOUR_MS));
  for (const _ of ['the first start', 'the second'])
    await during(world, { sagas: [waiting] }, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, WAITING), ['Asked', 'overdue']);
});

test('a timer is found again when the read store is lost', async () => {
  const world = givenWorld();
  await during(world, { sagas: [waiting] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await settle();
  });
  world.readStore = memoryStores().readStore;
  await during(world, { sagas: [waiting] }, async ({ settle, sagas }) => {
    await settle();
    assert.equal((await sagas.status()).alarms, 1);
    world.clock.advanceTo(OVERDUE);
    await settle();
  });
  assert.deepEqual(await inputsOf(world, WAITING), ['Asked', 'overdue']);
});

test('a timer that was cancelled does not fire, nor after a restart', async () => {
  const world = givenWorld();
  await during(world, { sagas: [waiting] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await send(Nudge({ transfer: 't1' }));
    await settle();
  });
  world.clock.advanceTo(later(OVERDUE, HOUR_MS));
  await during(world, { sagas: [waiting] }, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, WAITING), ['Asked', 'Nudged']);
});
