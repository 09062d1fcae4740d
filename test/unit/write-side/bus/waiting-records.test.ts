import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';
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
import { inTime } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';
import { recordHandling } from '#write-side/bus/commands.ts';
import { busCommands } from '#write-side/bus/consuming.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { again, given, HOUR_MS, json, never, SECOND_MS, START, topics } from './records.ts';

// Records whose command may work later: where they wait, for how long, and what of them is kept.

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
