import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stoppable } from '#test/support/members.ts';
import {
  during,
  givenWorld,
  inputsOf,
  type Runtime,
  type RuntimeOptions,
  typesOf,
} from '#test/support/saga-runtime.ts';
import { Ask, counting, Fill, transferring } from '#test/support/transfers.ts';
import { until } from '#test/support/until.ts';
import { OVERDUE } from '#test/support/waiting.ts';

// Processes that share sagas and reactions over one history and one read store.

const shared: RuntimeOptions = { sagas: [transferring], reactions: [counting], shares: true };
const asking = (transfer: string) =>
  Ask({ transfer, from: 'ann', to: 'bob', amount: 1n, overdueAt: OVERDUE });

const holds = ({ sagas, reactions }: Runtime): boolean =>
  [...sagas.standing(), ...reactions.status()].some(({ held }) => held.length > 0);
const isOutboxHere = ({ sagas }: Runtime): boolean =>
  sagas.standing().some(({ held }) => held.includes('sagas:outbox'));

test('two that share the work do everything once, each its own part of it', async () => {
  const world = givenWorld();
  const transfers = Array.from({ length: 10 }, (_, at) => `t${at}`);
  await during(world, shared, (one) =>
    during(world, shared, async (other) => {
      await until(() => isOutboxHere(one) || isOutboxHere(other), 'somebody sends');
      await one.send(Fill({ purse: 'ann', amount: 10n }));
      for (const transfer of transfers) await other.send(asking(transfer));
      await until(
        async () => (await typesOf(world, 'purse-bob')).length === transfers.length,
        'all are done',
      );
      await until(
        async () =>
          (await world.readStore.documents.scan('unfinished-sagas', undefined, 99)).every(
            ({ body }) => body === null,
          ),
        'all are finished',
      );
      await until(async () => {
        for (const transfer of transfers)
          if ((await typesOf(world, `counter-${transfer}`)).length !== 1) return false;
        return true;
      }, 'all are counted');
    }),
  );
  for (const transfer of transfers) {
    assert.deepEqual(await inputsOf(world, `saga-transferring-${transfer}`), ['Asked', 'take', 'give']);
    assert.equal((await typesOf(world, `counter-${transfer}`)).length, 1);
  }
});

for (const when of ['before', 'after'] as const)
  test(`one that is paused ${when} it has sent or appended something, and wakes behind its lease, does nothing twice`, async () => {
    const world = givenWorld();
    const process = stoppable();
    const transfers = Array.from({ length: 6 }, (_, at) => `t${at}`);
    const caught = Promise.withResolvers<void>();
    let left = 3;
    const zombie: RuntimeOptions = {
      ...shared,
      going: process.through,
      dispatch: (inner) => async (envelope) => {
        const isTheOne = left-- === 0;
        if (isTheOne && when === 'before') {
          process.stop();
          caught.resolve();
          await process.through();
        }
        const reply = await inner(envelope);
        if (isTheOne && when === 'after') {
          process.stop();
          caught.resolve();
        }
        return reply;
      },
    };
    await during(world, zombie, async (one) => {
      await until(() => isOutboxHere(one), 'it sends');
      await one.send(Fill({ purse: 'ann', amount: 10n }));
      for (const transfer of transfers) await one.send(asking(transfer));
      await caught.promise;
      await during(world, shared, async (heir) => {
        await until(() => holds(heir) && isOutboxHere(heir), 'the other has taken over');
        await until(
          async () => (await typesOf(world, 'purse-bob')).length === transfers.length,
          'all are done',
        );
        process.goOn();
        await until(() => holds(one) && holds(heir), 'it is one of two again');
        for (const transfer of ['t7', 't8']) await heir.send(asking(transfer));
        await until(async () => (await typesOf(world, 'purse-bob')).length === 8, 'those behind it are done');
        await until(async () => {
          for (const transfer of [...transfers, 't7', 't8'])
            if ((await inputsOf(world, `saga-transferring-${transfer}`)).length < 3) return false;
          return true;
        }, 'every answer is recorded');
      });
    });
    for (const transfer of [...transfers, 't7', 't8'])
      assert.deepEqual(await inputsOf(world, `saga-transferring-${transfer}`), ['Asked', 'take', 'give']);
    assert.equal((await typesOf(world, 'purse-ann')).filter((type) => type === 'Taken').length, 8);
  });
