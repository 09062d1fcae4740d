import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { during, givenWorld, type RuntimeOptions, START, type World } from '#test/support/saga-runtime.ts';
import { Ask, counting, Nudge } from '#test/support/transfers.ts';

const ask = Ask({ transfer: 't1', from: 'ann', to: 'bob', amount: 7n, overdueAt: START });
const nudge = Nudge({ transfer: 't1' });

/** The amounts counted, in order: 7 for the transfer, 0 for the nudge that was passed. */
async function countedIn({ store }: World): Promise<unknown[]> {
  const events = await store.readStream('counter-t1', { limit: 100 });
  return events.map(({ data }) => data.amount);
}

test('the catch-up consumer does what the write side has left undone', async () => {
  const world = givenWorld();
  await during(world, {}, ({ send }) => send(ask));
  assert.deepEqual(await countedIn(world), []);
  await during(world, { reactions: [counting] }, ({ settle }) => settle());
  assert.deepEqual(await countedIn(world), ['7']);
});

test('what the write side and the catch-up consumer both follow happens once, also when all is read again', async () => {
  const world = givenWorld();
  const both = { reactions: [counting], reactionsAtOnce: [counting] };
  await during(world, both, async ({ send, settle }) => {
    await send(ask);
    await settle();
  });
  world.readStore = memoryStores().readStore;
  await during(world, both, ({ settle }) => settle());
  assert.deepEqual(await countedIn(world), ['7']);
});

test('an event is passed only when every earlier one of its key has been followed to the end', async () => {
  const world = givenWorld();
  let refusals = 3;
  const options: RuntimeOptions = {
    reactions: [counting],
    dispatch: (inner) => async (envelope) => {
      const { amount } = envelope.data as { amount: string };
      if (amount === '0' || refusals-- <= 0) return inner(envelope);
      const { commandId } = envelope;
      const rejection = Overloaded({ retryAfterMs: 1 });
      return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
    },
  };
  await during(world, options, async ({ send, settle }) => {
    await send(ask);
    await send(nudge);
    await settle();
  });
  assert.equal(refusals, -1);
  assert.deepEqual(await countedIn(world), ['7', '0']);
});

test('a reaction that throws parks its key alone', async () => {
  const world = givenWorld();
  const picky = {
    ...counting,
    on: (...[event, trail]: Parameters<typeof counting.on>) => {
      if (event.stream === 'transfer-t1') throw new Error('cannot');
      return counting.on(event, trail);
    },
  };
  await during(world, { reactions: [picky] }, async ({ send, settle }) => {
    await send(ask);
    await send(Ask({ ...ask.data, transfer: 't2' }));
    await send(nudge);
    await settle();
  });
  const parked = await world.readStore.consumers.parked('reaction:counting');
  assert.deepEqual(
    parked.map(({ key, waiting }) => [key, waiting]),
    [['t1', 2]],
  );
  assert.deepEqual(await countedIn(world), []);
  assert.equal((await world.store.readStream('counter-t2', { limit: 10 })).length, 1);
});
