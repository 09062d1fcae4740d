import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { type Bus, BusError, type BusRecord } from '#domain/kernel/ports/bus.ts';
import { turns } from '#runtime/turns.ts';
import { inTime } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';
import { recordHandling } from '#write-side/bus/commands.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { again, given, json, never, topics } from './records.ts';

// Records that go wrong, or come in number: each is done with once, and none holds up what is behind it.

/** A bus on which sending fails so often, as a broker does that is away. */
const away = (t: TestContext, bus: Pick<Bus, 'send'>, times: number): Pick<Bus, 'send'> => {
  let failures = 0;
  const send = t.mock.fn(async (records: readonly BusRecord[]) => {
    if (failures === times) return bus.send(records);
    failures += 1;
    throw new BusError('unavailable', 'kafka://k away');
  });
  return { send };
};

test('where the bus is away nothing is done with, and all of it is done again', async (t) => {
  const { sent, asked, received, command, options } = await given(() => undefined);
  const handling = recordHandling({ ...options, bus: away(t, options.bus, 2) });
  const records = ['one', 'two'].map((key) => received(command({ idempotencyKey: key })));
  await assert.rejects(handling.handle(records, never), BusError);
  assert.deepEqual(sent, []);
  await handling.handle(records, never);
  assert.deepEqual(
    sent.map(({ topic, key }) => [topic, key]),
    [
      ['p.replies.x', 'one'],
      ['p.replies.x', 'two'],
    ],
  );
  assert.deepEqual(
    asked.map(({ commandId }) => commandId),
    ['one', 'one', 'two'],
  );
});

test('a topic that takes no reply holds up nobody: its reply is tried again later, and laid aside in the end', async () => {
  const { clock, sent, received, command, options } = await given(() => undefined);
  let attempts = 0;
  const bus = {
    async send(records: readonly BusRecord[]) {
      const isStubborn = records.some(({ topic }) => topic === 'p.replies.stubborn');
      if (isStubborn) attempts += 1;
      if (isStubborn) throw new BusError('unavailable', 'kafka://k/p: it takes no such time');
      await options.bus.send(records);
    },
  };
  const handling = recordHandling({ ...options, bus });
  const stubborn = (idempotencyKey: string) => command({ idempotencyKey, replyTo: 'p.replies.stubborn' });
  const records = [received(stubborn('a')), received(stubborn('b')), received(command())];
  await handling.handle(records, never);
  const topicsOf = (some: readonly BusRecord[]) => some.map(({ topic }) => topic);
  const [first = ''] = topics.retries.map(({ name }) => name);
  assert.deepEqual(topicsOf(sent), [first, first, 'p.replies.x']);
  assert.equal(attempts, 1, 'the second is not tried so soon');
  for (const { name, pauseMs } of topics.retries.slice(0, 3)) {
    const waiting = sent.filter(({ topic }) => topic === name);
    clock.advanceTo(later(clock.now(), pauseMs));
    await inTime(
      clock,
      handling.handle(
        waiting.map((one) => again(one, clock.now())),
        never,
      ),
    );
  }
  const letters = sent
    .filter(({ topic }) => topic === topics.dead)
    .map(({ value }) => DeadLetter.parse(json(value)));
  assert.deepEqual(
    letters.map(({ cause, reason }) => [cause, reason]),
    Array(2).fill(['reply_undelivered', 'kafka://k/p: it takes no such time']),
  );
});

test('a mistake of ours lays the record aside, and what is behind it goes on', async () => {
  const { asked, sent, received, command, options } = await given(() => undefined);
  let asks = 0;
  const tokens = {
    verify: async (...given: Parameters<typeof options.tokens.verify>) => {
      asks += 1;
      if (asks === 1) throw new TypeError('stumbled over a token');
      return options.tokens.verify(...given);
    },
  };
  await recordHandling({ ...options, tokens }).handle([received(command()), received(command())], never);
  const { cause, reason } = DeadLetter.parse(json(sent[0]?.value ?? '{}'));
  assert.equal(cause, 'failed');
  assert.doesNotMatch(reason, /stumbled/);
  assert.equal(asked.length, 1);
});

test('no more are decided at once than may be, however many partitions have some', async () => {
  const gate = Promise.withResolvers<void>();
  let [atWork, most] = [0, 0];
  const dispatch: Dispatch = async ({ commandId }) => {
    atWork += 1;
    most = Math.max(most, atWork);
    await gate.promise;
    atWork -= 1;
    return { outcome: 'accepted', commandId, stream: 's', position: undefined, events: [] };
  };
  const { received, command, options } = await given(() => undefined);
  const perPerson = turns({ atWork: 1_000, waiting: 0 }, (work) => work());
  const handling = recordHandling({ ...options, dispatch, perPerson });
  const batches = Array.from({ length: 4 }, () =>
    Array.from({ length: 50 }, (_, at) =>
      received(command({ idempotencyKey: `c${at}` }), { key: undefined }),
    ),
  );
  const work = Promise.all(batches.map((records) => handling.handle(records, never)));
  await until(() => atWork === 32, 'as many as may be are at work');
  gate.resolve();
  await work;
  assert.equal(most, 32);
});
