import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BusError } from '#domain/kernel/ports/bus.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { BusCustomer, optionsOver } from '#test/support/bus-commands.ts';
import { givenPlatform } from '#test/support/platform.ts';
import { tallies, tallyDeciders } from '#test/support/tally.ts';
import { until } from '#test/support/until.ts';
import { busCommands } from '#write-side/bus/consuming.ts';

test('nothing is taken from topics that have become another history’s, and all that waits once they are ours again', async (t) => {
  const clock = systemClock();
  const bus = memoryBus({ clock });
  t.after(() => bus.close());
  const customer = await BusCustomer.open(t, bus, 'p');
  const { registry, store, pipeline } = givenPlatform({
    ...{ contexts: [tallies], deciders: tallyDeciders, pauseClock: clock },
  });
  const behind = { registry, dispatch: pipeline.dispatch, epoch: store.epoch };
  const options = await optionsOver(bus, behind, { prefix: 'p', signingKey: customer.signingKey, clock });
  let theirs = false;
  const claim = async (): Promise<void> => {
    if (theirs) throw new BusError('refused', 'the topics p.… are not of this history');
  };
  const taking = busCommands({ ...options, claim, claimAgain: claim, lookMs: 20 });
  t.after(() => taking.stop());
  await taking.joined;
  const token = await customer.token('ann');
  const add = (idempotencyKey: string) =>
    customer.send({ command: 'Add', data: { tally: 'a', by: '1' }, idempotencyKey, token });
  await add('ours');
  await customer.reply('ours');
  theirs = true;
  await until(() => taking.status().problem?.includes('not of this history'), 'it says so');
  // The second look finds nobody at work any more.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await add('theirs');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(customer.replies('theirs'), []);
  theirs = false;
  assert.equal((await customer.reply('theirs')).outcome, 'accepted');
  assert.equal(taking.status().problem, undefined);
});
