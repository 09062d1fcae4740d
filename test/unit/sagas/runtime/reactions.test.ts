import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { memoryStores } from '#compose/stores.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import {
  Forbidden,
  Internal,
  Invalid,
  NewerVersion,
  NotFound,
  Overloaded,
} from '#domain/kernel/rejections.ts';
import { retryParked } from '#projections/runtime/operate.ts';
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

test('a command that nobody can take parks its key alone, with its name, until staff who have mended it have it tried again', async () => {
  const world = givenWorld();
  let mended = false;
  const options: RuntimeOptions = {
    reactions: [counting],
    dispatch: (inner) => async (envelope) => {
      const { counter } = envelope.data as { counter?: string };
      if (mended || counter !== 't1') return inner(envelope);
      const rejection = Internal({ reference: 'r' });
      const { commandId } = envelope;
      return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
    },
  };
  await during(world, options, async ({ send, settle }) => {
    await send(ask);
    await send(nudge);
    await send(Ask({ ...ask.data, transfer: 't2' }));
    await settle();
  });
  const parked = await world.readStore.consumers.parked('reaction:counting');
  assert.deepEqual(
    parked.map(({ key, waiting }) => [key, waiting]),
    [['t1', 2]],
  );
  assert.match(parked[0]?.error ?? '', /Count .*: internal/);
  assert.equal((await world.store.readStream('counter-t2', { limit: 10 })).length, 1);
  mended = true;
  assert.equal(await retryParked(world.readStore.consumers, 'reaction:counting', 't1'), 1);
  await during(world, options, async ({ settle }) => {
    await settle();
    while ((await world.readStore.consumers.parked()).length > 0) await pause(5);
  });
  assert.deepEqual(await countedIn(world), ['7', '0']);
});

/** What a reaction's first command is refused with, and what becomes of its key. */
async function parkedBy(rejection: Rejection): Promise<readonly (readonly [key: string, error: string])[]> {
  const world = givenWorld();
  let isRefused = false;
  const options: RuntimeOptions = {
    reactions: [counting],
    dispatch: (inner) => async (envelope) => {
      if (isRefused) return inner(envelope);
      isRefused = true;
      const { commandId } = envelope;
      return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
    },
  };
  await during(world, options, async ({ send, settle }) => {
    await send(ask);
    await settle();
  });
  assert.equal(
    (await countedIn(world)).length,
    (await world.readStore.consumers.parked()).length === 0 ? 1 : 0,
  );
  return (await world.readStore.consumers.parked('reaction:counting')).map(({ key, error }) => [key, error]);
}

test('a command that is refused before any stream has decided it is no answer: its key waits for a repair, with the reason', async () => {
  const refusals = [
    Invalid({ issues: [{ path: 'amount', problem: 'too long' }] }),
    Forbidden({ needs: ['system'] }),
    NotFound({ what: 'command Count' }),
    Internal({ reference: 'r' }),
  ];
  for (const refusal of refusals) {
    const [[key, error] = ['', '']] = await parkedBy(refusal);
    assert.equal(key, 't1', refusal.code);
    assert.ok(error.includes(`${refusal.code} ${JSON.stringify(refusal.details)}`), error);
  }
});

test('a command that meets a newer event waits until its code is as new, and parks nothing', async () => {
  assert.deepEqual(await parkedBy(NewerVersion({ event: 'Counted 2' })), []);
});
