import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { saga } from '#domain/kernel/saga.ts';
import { during, givenWorld, inputsOf } from '#test/support/saga-runtime.ts';
import { Asked, Nudge, Nudged } from '#test/support/transfers.ts';
import { until } from '#test/support/until.ts';
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

/** A read store whose first answer about all that is unfinished comes when it is let go, and is what was so when it was asked. */
function answeringLate(readStore: ReadStore) {
  const [asked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { documents } = readStore;
  let isFirst = true;
  const late: ReadStore = {
    ...readStore,
    documents: {
      ...documents,
      async scan(...about) {
        const page = await documents.scan(...about);
        if (!isFirst) return page;
        isFirst = false;
        asked.resolve();
        await letGo.promise;
        return page;
      },
    },
  };
  return { late, asked: asked.promise, letGo: letGo.resolve };
}

/** Waits for its time from when it is nudged. */
const woken = saga({
  name: 'woken',
  version: 1,
  initial: '' as Instant,
  on: (when) => [
    when(Asked, (_, { data }) => ({ state: data.overdueAt })),
    when(Nudged, (overdueAt) => ({ state: overdueAt, timers: [{ name: 'overdue', at: overdueAt }] })),
  ],
  id: ({ data }) => data.transfer,
  timers: { overdue: (state) => ({ state, done: true }) },
});

test('a timer that is set while a start still reads what was unfinished before is kept', async () => {
  const world = givenWorld();
  await during(world, { sagas: [woken] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await settle();
  });
  const { late, asked, letGo } = answeringLate(world.readStore);
  world.readStore = late;
  await during(world, { sagas: [woken] }, async ({ send, settle, sagas }) => {
    await asked;
    await send(Nudge({ transfer: 't1' }));
    await until(async () => (await sagas.status()).alarms === 1, 'its timer is kept');
    // Nobody meets its step again: what is read late must not be what counts.
    const [outbox] = sagas.consumers;
    assert.ok(await outbox?.reached(await world.store.head(), 5_000));
    letGo();
    await settle();
    world.clock.advanceTo(OVERDUE);
    await settle();
  });
  assert.deepEqual(await inputsOf(world, 'saga-woken-t1'), ['Asked', 'Nudged', 'overdue']);
});
