import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Envelope } from '#domain/kernel/envelope.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { BusCustomer, sender } from '#test/support/bus-commands.ts';
import { givenPlatform } from '#test/support/platform.ts';
import { tallies, tallyDeciders } from '#test/support/tally.ts';
import { until } from '#test/support/until.ts';

const FLOOD = 20_000;
const POLITE = 50;

test('who floods the topic of commands takes nobody’s turn by another way in, and is answered to the last', async (t) => {
  const clock = systemClock();
  const bus = memoryBus({ clock, perTopic: { records: 3 * FLOOD } });
  t.after(() => bus.close());
  const customer = await BusCustomer.open(t, bus, 'annals');
  const platform = givenPlatform({ contexts: [tallies], deciders: tallyDeciders, pauseClock: clock });
  const token = await customer.token('ann');
  const records = Array.from({ length: FLOOD }, (_, at) => ({
    topic: 'annals.commands',
    key: `k${at % 100}`,
    value: JSON.stringify({
      ...{ command: 'Add', data: { tally: `t${at % 10}`, by: '1' }, idempotencyKey: `ann-${at}`, token },
    }),
    headers: {},
  }));
  for (let at = 0; at < FLOOD; at += 5_000) await bus.send(records.slice(at, at + 5_000));
  const { registry, store, pipeline } = platform;
  const { status } = await customer.takenBy(t, { registry, dispatch: pipeline.dispatch, epoch: store.epoch });
  for (let at = 0; at < POLITE; at += 1) {
    const polite: Envelope = {
      ...{ command: 'Add', data: { tally: 'bob', by: '1' }, commandId: `bob-${at}` },
      ...{ actor: sender('bob'), origin: { channel: 'http' } },
    };
    const reply = await pipeline.dispatch(polite);
    assert.ok(
      reply.outcome === 'accepted',
      reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome,
    );
  }
  const meanwhile = status().answered;
  assert.ok(meanwhile < FLOOD, `${POLITE} commands by another way waited for ${meanwhile} of the flood`);
  await until(() => status().answered === FLOOD, 'all of it is answered');
  assert.deepEqual(customer.deadLetters(), []);
});
