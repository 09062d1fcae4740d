import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JWK } from 'jose';
import type { Dispatch, Envelope } from '#domain/kernel/envelope.ts';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { type Bus, BusError, type BusRecord, type ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import {
  Contended,
  Internal,
  NewerVersion,
  Overloaded,
  TooManyKeys,
  Unavailable,
} from '#domain/kernel/rejections.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { joseSealing } from '#engines/sealing.ts';
import { joseIssuer, newSigningKey } from '#engines/tokens/jose.ts';
import { turns } from '#runtime/turns.ts';
import { optionsOver } from '#test/support/bus-commands.ts';
import { inTime } from '#test/support/platform.ts';
import { tallies } from '#test/support/tally.ts';
import { until } from '#test/support/until.ts';
import { type RecordHandlingOptions, recordHandling } from '#write-side/bus/commands.ts';
import { busCommands } from '#write-side/bus/consuming.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { commandTopics } from '#write-side/bus/topics.ts';

const START = '2026-03-01T12:00:00.000Z';
const [SECOND_MS, HOUR_MS] = [1_000, 3_600_000];
const registry = registryOf([tallies]);
/** Made once, when it is first asked for: tests of a room run in one process, which waits for none of them to be loaded. */
let signingKey: Promise<JWK> | undefined;
const keyOfTokens = (): Promise<JWK> => {
  signingKey ??= newSigningKey();
  return signingKey;
};
const topics = commandTopics('p');
const never = new AbortController().signal;
const json = (value: string): Record<string, unknown> => JSON.parse(value) as Record<string, unknown>;

type Answer = (envelope: Envelope) => Rejection | undefined;

/** What handles records, with a dispatch whose answers a test gives, and a bus that keeps what is sent. */
async function given(answer: Answer, change: Partial<RecordHandlingOptions> = {}) {
  const clock = simulatedClock({ start: START });
  const asked: Envelope[] = [];
  const sent: BusRecord[] = [];
  const dispatch: Dispatch = async (envelope) => {
    asked.push(envelope);
    const { commandId } = envelope;
    const rejection = answer(envelope);
    if (rejection === undefined)
      return { outcome: 'accepted', commandId, stream: 'tally-a', position: undefined, events: [] };
    return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
  };
  const bus = { send: async (records: readonly BusRecord[]) => void sent.push(...records) };
  const made = await optionsOver(
    memoryBus({ clock }),
    { registry, dispatch, epoch: 'e' },
    { prefix: 'p', signingKey: await keyOfTokens(), clock },
  );
  const options = { ...made, bus };
  const handling = recordHandling({ ...options, ...change });
  const issuer = await joseIssuer({ key: await keyOfTokens(), issuer: 'annals', audience: 'annals', clock });
  const { token } = await issuer.issue({ id: 'ann', roles: ['bidder'], reputation: 0 }, HOUR_MS);
  let offset = 0n;
  const received = (value: string, change: Partial<ReceivedRecord> = {}): ReceivedRecord => ({
    ...{ topic: topics.commands, partition: 0, offset: offset++, headers: {}, takenAt: clock.now() },
    ...{ key: new TextEncoder().encode('k'), value: new TextEncoder().encode(value) },
    ...change,
  });
  const command = (change: Record<string, unknown> = {}) =>
    JSON.stringify({
      ...{
        command: 'Add',
        data: { tally: 'a', by: '1' },
        idempotencyKey: 'c',
        token,
        replyTo: 'p.replies.x',
      },
      ...change,
    });
  return { clock, asked, sent, options, handling, received, command };
}
/** What was sent, as it would be read again. */
const again = ({ topic, key, value }: BusRecord, takenAt: string): ReceivedRecord => ({
  ...{ topic, partition: 0, offset: 0n, headers: {}, takenAt },
  ...{ key: new TextEncoder().encode(key), value: new TextEncoder().encode(value) },
});

test('a token is judged by the moment at which the bus took its record, however late it is read', async () => {
  const { clock, asked, handling, received, command } = await given(() => undefined);
  const record = received(command());
  clock.advanceTo(later(START, 5 * HOUR_MS));
  await handling.handle([record], never);
  await handling.handle([record], never);
  assert.deepEqual(
    asked.map(({ actor }) => actor.id),
    ['ann', 'ann'],
  );
  await handling.handle([received(command())], never);
  assert.equal(asked.length, 2, 'what comes with it by now is refused');
});

test('a time that is only claimed makes no token last, and lets nothing be decided that it says is too old', async () => {
  const { clock, asked, sent, handling, received, command } = await given(() => undefined);
  const then = received(command(), { timeIsClaimed: true });
  await handling.handle([then], never);
  assert.equal(asked.length, 1);
  clock.advanceTo(later(START, 2 * HOUR_MS));
  await handling.handle([then], never);
  assert.equal(asked.length, 1, 'its token has ended, whenever it says it was sent');
  assert.equal(json(sent.at(-1)?.value ?? '{}').code, 'unauthenticated');
  clock.advanceTo(later(START, 24 * HOUR_MS));
  await handling.handle([then], never);
  assert.equal(json(sent.at(-1)?.value ?? '{}').cause, 'too_old');
});

test('what may work later waits, and all else is answered', async () => {
  const hint = { retryAfterMs: 5 };
  const waits: readonly Rejection[] = [
    Overloaded(hint),
    Unavailable(hint),
    Contended(hint),
    NewerVersion({ event: 'e' }),
  ];
  const ends = [Internal({ reference: 'r' }), TooManyKeys({ limit: 1, ...hint })];
  for (const rejection of [...waits, ...ends]) {
    const { sent, handling, received, command } = await given(() => rejection);
    await handling.handle([received(command())], never);
    assert.equal(sent.length, 1);
    const expected = waits.includes(rejection) ? topics.retries[0]?.name : 'p.replies.x';
    assert.equal(sent[0]?.topic, expected, rejection.code);
  }
  const { sent, asked, handling, received, command } = await given(() => undefined, {
    perPerson: { take: async () => undefined, owners: () => 0 },
  });
  await handling.handle([received(command())], never);
  assert.deepEqual([asked.length, sent[0]?.topic], [0, topics.retries[0]?.name], 'too many of one person');
});

test('a command waits as long as each topic says, and is answered when it is too old', async (t) => {
  const clock = simulatedClock({ start: START });
  const bus = memoryBus({ clock });
  const moments: number[] = [];
  const { options, command } = await given(() => undefined);
  const dispatch: Dispatch = async ({ commandId }) => {
    moments.push((millisecondsOf(clock.now()) - millisecondsOf(START)) / SECOND_MS);
    const rejection = Overloaded({ retryAfterMs: 1 });
    return { outcome: 'rejected', commandId, rejection, position: undefined, events: [] };
  };
  const taking = busCommands({ ...options, bus, clock, dispatch });
  t.after(() => taking.stop());
  await taking.joined;
  await bus.declare([{ name: 'p.replies.x', partitions: 1 }]);
  const told: ReceivedRecord[] = [];
  const listening = bus.consume({
    group: 'told',
    topics: ['p.replies.x', topics.dead],
    handle: async (records) => void told.push(...records),
  });
  t.after(() => listening.stop());
  await bus.send([{ topic: topics.commands, key: 'k', value: command(), headers: {} }]);
  await inTime(
    clock,
    until(() => told.length === 2, 'it is too old'),
  );
  // The clock leaps on while a record is sealed and opened, so that a wait may seem longer; how long it is at most is tried below.
  for (const [at, pauseSeconds] of [1, 10, 60, 600, 600, 600].entries()) {
    const waited = (moments[at + 1] ?? 0) - (moments[at] ?? 0);
    assert.ok(waited >= pauseSeconds, `wait ${at}: ${waited} s`);
  }
  assert.ok((moments.at(-1) ?? 0) <= 23 * 3_600, 'never behind the time in which keys are remembered');
  const bodies = told.map(({ value }) => json(new TextDecoder().decode(value)));
  assert.deepEqual(bodies.map(({ code, cause }) => code ?? cause).toSorted(), ['too_old', 'unavailable']);
  assert.equal(taking.status().handedOn, moments.length);
});

test('what is read for the first time when it is too old is not decided any more', async () => {
  const { clock, asked, sent, handling, received, command } = await given(() => undefined);
  const record = received(command());
  clock.advanceTo(later(START, 23 * HOUR_MS + 1));
  await handling.handle([record], never);
  assert.equal(asked.length, 0);
  const [reply, dead] = sent;
  assert.deepEqual([reply?.topic, json(reply?.value ?? '{}').code], ['p.replies.x', 'unavailable']);
  assert.equal(DeadLetter.parse(json(dead?.value ?? '{}')).cause, 'too_old');
});

async function waited(clock: SimulatedClock, work: Promise<void>): Promise<number> {
  const began = millisecondsOf(clock.now());
  await inTime(clock, work);
  return millisecondsOf(clock.now()) - began;
}

test('whatever the clocks say, a command waits no longer than the pause of its topic', async () => {
  const { clock, sent, handling, received, command, options, asked } = await given(() =>
    Overloaded({ retryAfterMs: 1 }),
  );
  await handling.handle([received(command())], never);
  const [first] = sent;
  assert.ok(first !== undefined);
  // Handed on by a process whose clock is an hour ahead, and read by one whose clock is behind.
  const behind = simulatedClock({ start: later(START, -HOUR_MS) });
  const other = recordHandling({ ...options, clock: behind });
  assert.equal(await waited(behind, other.handle([again(first, START)], never)), SECOND_MS);
  clock.advanceTo(later(START, 60 * SECOND_MS));
  assert.equal(await waited(clock, handling.handle([again(first, START)], never)), 0);
  assert.equal(asked.length, 3);
});

test('a waiting command is opened by our key alone, and says whom it is from for ever', async () => {
  let isBusy = true;
  const { clock, sent, handling, received, command, options, asked } = await given(() =>
    isBusy ? Overloaded({ retryAfterMs: 1 }) : undefined,
  );
  await handling.handle([received(command({ correlationId: 'x' }))], never);
  isBusy = false;
  clock.advanceTo(later(START, 10 * HOUR_MS));
  const [first] = sent;
  assert.ok(first !== undefined);
  const record = again(first, START);
  await recordHandling({ ...options, sealing: joseSealing(new Uint8Array(32).fill(9)) }).handle(
    [record],
    never,
  );
  assert.equal(DeadLetter.parse(json(sent[1]?.value ?? '{}')).cause, 'not_ours');
  await handling.handle([record], never);
  assert.deepEqual(asked[1], asked[0]);
  assert.equal(sent[2]?.headers['correlation-id'], 'x');
});

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

test('what has not begun when the partition goes elsewhere is left there, and a pause ends at once', async () => {
  const { sent, asked, handling, received, command } = await given(() => Overloaded({ retryAfterMs: 1 }));
  await handling.handle([received(command())], never);
  const [first] = sent;
  assert.ok(first !== undefined);
  const leaving = new AbortController();
  const waiting = handling.handle([again(first, START)], leaving.signal);
  leaving.abort();
  await assert.rejects(waiting);
  await assert.rejects(handling.handle([received(command())], leaving.signal));
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
