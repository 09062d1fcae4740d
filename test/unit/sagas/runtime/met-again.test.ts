import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { saga } from '#domain/kernel/saga.ts';
import { during, givenWorld, inputsOf, type RuntimeOptions, typesOf } from '#test/support/saga-runtime.ts';
import { Ask, Asked, Fill, Nudge, Nudged, transferring } from '#test/support/transfers.ts';
import { OVERDUE, wanted } from '#test/support/waiting.ts';

const STREAM = 'saga-transferring-t1';
const withSaga: RuntimeOptions = { sagas: [transferring] };

test('events that are met again are no inputs, nor are those that meant nothing at their time', async () => {
  const world = givenWorld();
  await during(world, withSaga, async ({ send, settle }) => {
    await send(wanted(1n));
    await settle();
    await send(Nudge({ transfer: 't1' }));
    await settle();
  });
  const before = await inputsOf(world, STREAM);
  world.readStore = memoryStores().readStore;
  await during(world, withSaga, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, STREAM), before);
});

/** Begins only with a nudge, so that what came before it means nothing. */
const nudged = saga({
  name: 'nudged',
  version: 1,
  initial: { nudges: 0 },
  on: (when) => [
    when(Asked, (state) => (state.nudges === 0 ? undefined : { state: { nudges: -1 } })),
    when(Nudged, (state) => ({ state: { nudges: state.nudges + 1 } })),
  ],
  id: ({ data }) => data.transfer,
});

test('what an instance ignored before it began stays ignored when the history is read again', async () => {
  const world = givenWorld();
  await during(world, { sagas: [nudged] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await send(Nudge({ transfer: 't1' }));
    await settle();
  });
  world.readStore = memoryStores().readStore;
  await during(world, { sagas: [nudged] }, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, 'saga-nudged-t1'), ['Nudged']);
});

const failing = (handler: 'event' | 'answer') =>
  saga({
    name: 'failing',
    version: 1,
    initial: {},
    on: (when) => [
      when(Asked, (state, { data }) => {
        if (handler === 'event' && data.transfer === 't1') throw new Error('cannot');
        return { state, sends: [{ command: Fill({ purse: data.to, amount: 1n }), purpose: 'fill' }] };
      }),
      when(Nudged, (state) => ({ state })),
    ],
    id: ({ data }) => data.transfer,
    answers: {
      fill() {
        if (handler === 'answer') throw new Error('cannot');
        return undefined;
      },
    },
  });

test('a saga that throws on an event parks that instance, and no other', async () => {
  const world = givenWorld();
  await during(world, { sagas: [failing('event')] }, async ({ send, settle }) => {
    await send(wanted(1n));
    await send(Ask({ transfer: 't2', from: 'ann', to: 'bob', amount: 1n, overdueAt: OVERDUE }));
    await send(Nudge({ transfer: 't1' }));
    await settle();
  });
  const parked = await world.readStore.consumers.parked('saga:failing');
  assert.deepEqual(
    parked.map(({ key, positions }) => [key, positions.length]),
    [['t1', 2]],
  );
  assert.deepEqual(await inputsOf(world, 'saga-failing-t1'), []);
  assert.deepEqual(await inputsOf(world, 'saga-failing-t2'), ['Asked', 'fill']);
});

test('a saga that throws on an answer is stuck and says so; later events wait; better code goes on', async () => {
  const world = givenWorld();
  await during(world, { sagas: [failing('answer')] }, async ({ send, settle, sagas }) => {
    await send(wanted(1n));
    await settle();
    assert.deepEqual((await sagas.status()).stuck, [{ stream: 'saga-failing-t1', error: 'cannot' }]);
    await send(Nudge({ transfer: 't1' }));
    await settle();
  });
  assert.deepEqual(await inputsOf(world, 'saga-failing-t1'), ['Asked']);
  assert.equal((await world.readStore.consumers.parked('saga:failing')).length, 1);
  await during(world, { sagas: [failing('event')] }, ({ settle }) => settle());
  assert.deepEqual(await inputsOf(world, 'saga-failing-t1'), ['Asked', 'fill']);
  assert.deepEqual(await typesOf(world, 'purse-bob'), ['Filled']);
});
