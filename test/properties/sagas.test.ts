import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryStores } from '#compose/stores.ts';
import { later } from '#domain/kernel/instant.ts';
import {
  type Death,
  givenWorld,
  inputsOf,
  type Runtime,
  START,
  startRuntime,
  typesOf,
  type World,
} from '#test/support/saga-runtime.ts';
import { Ask, counting, Fill, Shutting, transferring } from '#test/support/transfers.ts';

const runs = Number(process.env.ANNALS_RUNS ?? 10);
const OVERDUE = later(START, 1_000);
const parts = { sagas: [transferring], reactions: [counting] };

/** Lives until everything is settled or it dies. */
async function live(world: World, death?: Death): Promise<Runtime> {
  const runtime = await startRuntime(world, { ...parts, ...(death && { death }) });
  let problem: unknown;
  const settled = runtime.settle().catch((error: unknown) => {
    problem = error;
  });
  await Promise.race([settled, runtime.dead]);
  await runtime.stop();
  await settled;
  if (death === undefined && problem !== undefined) throw problem;
  return runtime;
}

/** A transfer that cannot be given and is overdue: two answers, a timer, a reminder and a compensation. */
async function givenTransfer(): Promise<World> {
  const world = givenWorld();
  const { platform, send, stop } = await startRuntime(world);
  await send(Fill({ purse: 'ann', amount: 10n }));
  await send(Shutting({ purse: 'bob' }));
  await send(Ask({ transfer: 't1', from: 'ann', to: 'bob', amount: 7n, overdueAt: OVERDUE }));
  await platform.pipeline.drain();
  await stop();
  world.clock.advanceTo(later(OVERDUE, 1));
  return world;
}

async function endOf(world: World) {
  const steps = await inputsOf(world, 'saga-transferring-t1');
  return {
    // A timer that is due may come before or after an answer: both are right.
    inputs: steps.toSorted(),
    ann: await typesOf(world, 'purse-ann'),
    bob: await typesOf(world, 'purse-bob'),
    transfer: await typesOf(world, 'transfer-t1'),
    counter: await typesOf(world, 'counter-t1'),
  };
}

const END = {
  inputs: ['Asked', 'back', 'give', 'overdue', 'remind', 'take'],
  ann: ['Filled', 'Taken', 'Filled'],
  bob: ['Shut'],
  transfer: ['Asked', 'Reminded'],
  counter: ['Tallied'],
};

test('killed before or after any append or command, a saga reaches the same end', async () => {
  const reference = await givenTransfer();
  const { operations } = await live(reference);
  assert.deepEqual(await endOf(reference), END);
  assert.ok(operations() >= 11, 'six steps, four commands and one of a reaction at least');
  for (let at = 0; at < operations(); at++)
    for (const side of ['before', 'after'] as const) {
      const world = await givenTransfer();
      await live(world, { at, side });
      await live(world);
      assert.deepEqual(await endOf(world), END, `killed ${side} operation ${at}`);
    }
});

const death = fc.record({ at: fc.nat(12), side: fc.constantFrom('before' as const, 'after' as const) });

test('killed again and again, with or without its read store, a saga reaches the same end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ death, readStoreLost: fc.boolean() }), { minLength: 1, maxLength: 4 }),
      async (lives) => {
        const world = await givenTransfer();
        for (const { death, readStoreLost } of lives) {
          await live(world, death);
          if (readStoreLost) world.readStore = memoryStores().readStore;
        }
        await live(world);
        assert.deepEqual(await endOf(world), END);
      },
    ),
    { numRuns: runs },
  );
});
