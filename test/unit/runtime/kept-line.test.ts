import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Line } from '#domain/kernel/line.ts';
import { event, type NewEvent } from '#domain/kernel/message.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { keepLine, LineEndedError, NotSeenError } from '#runtime/kept-line.ts';
import { recorded } from '#test/support/given.ts';
import { Remind } from '#test/support/transfers.ts';

// A line on a clock that stands still: who is called when, before the answers are there and behind them.

const data = { queue: z.string(), id: z.string() };
const Stood = event('Stood', { version: 1, description: 'Somebody stands in line.', data });
const Left = event('Left', { version: 1, description: 'Somebody has left.', data });
const PATIENCE_MS = 2_000;

const line: Line = {
  joins: Stood,
  leaves: [Left],
  place: ({ data }) => {
    const { queue, id } = data as { readonly queue: string; readonly id: string };
    return queue === 'none' ? undefined : { key: queue, id };
  },
  patienceMs: PATIENCE_MS,
  passOver: () => ({ command: Remind({ transfer: 't1' }) }),
};

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Follows {
  /** Its command keeps its place in the queue. */
  readonly queues?: boolean;
  /** What the follower is known as, where it is not the chain's. */
  readonly as?: string;
}

/** A line in one process, and a history to stand in. */
function given() {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const kept = keepLine(line, clock);
  /** Who was called, in order: `late+name`. */
  const called: string[] = [];
  const seenTo: string[] = [];
  const answers = new Map<string, (settled: boolean) => void>();
  const results = new Map<string, Promise<unknown>>();
  let position = 0n;
  const nameOf = ({ data }: RecordedEvent): string => (data as { readonly id: string }).id;
  const happens = (event: NewEvent): RecordedEvent => {
    position += 1n;
    return recorded(event, { eventId: `${position}`, position, recordedAt: clock.now() });
  };
  const stands = (id: string, queue = 'q') => happens(Stood({ queue, id }));
  const sees = (...events: readonly RecordedEvent[]): void => kept.met(events, position);
  return {
    ...{ kept, called, seenTo, stands, sees, results },
    left: (id: string, queue = 'q') => happens(Left({ queue, id })),
    /** Somebody follows this chain here, and its wallet has answered. */
    async ready(joined: RecordedEvent, { queues = true, as = nameOf(joined) }: Follows = {}): Promise<void> {
      const result = kept.inTurn(joined, {
        queues,
        async handOver(late) {
          called.push([...late.map(nameOf), as].join('+'));
          const settled = await new Promise<boolean>((resolve) => answers.set(as, resolve));
          return { settled, who: as };
        },
        seeTo: (absent) => void seenTo.push(nameOf(absent)),
      });
      results.set(
        as,
        result.then(
          ({ who }) => who,
          (error: unknown) => error,
        ),
      );
      await soon();
    },
    async answered(who: string, settled = true): Promise<void> {
      answers.get(who)?.(settled);
      await soon();
    },
    async pass(milliseconds: number): Promise<void> {
      clock.advanceTo(later(clock.now(), milliseconds));
      await soon();
    },
    waits: () => clock.next() !== undefined,
  };
}

/** Three who stand in line in this order, and are seen to. */
function givenThree() {
  const all = given();
  const [a, b, c] = [all.stands('a'), all.stands('b'), all.stands('c')];
  all.sees(a, b, c);
  return { ...all, a, b, c };
}

test('they are called in the order in which they stand, in whichever order they are ready', async () => {
  const { ready, called, a, b, c } = givenThree();
  await ready(c);
  await ready(b);
  assert.deepEqual(called, []);
  await ready(a);
  assert.deepEqual(called, ['a', 'b', 'c'], 'in one go, before the first is answered');
});

test('lines of two keys do not wait for each other, and what has nothing to do with the line waits for nobody', async () => {
  const { ready, called, stands, sees } = given();
  const [, other, none] = [stands('a'), stands('b', 'another'), stands('n', 'none')];
  sees(stands('a2'), other, none);
  await ready(other);
  await ready(none);
  assert.deepEqual(called, ['b', 'n']);
});

test('who has left is not waited for, wherever that was decided', async () => {
  const { ready, called, sees, left, a, b } = givenThree();
  await ready(b);
  sees(left('a'));
  assert.deepEqual(called, ['b']);
  await ready(a);
  assert.deepEqual(called, ['b', 'a'], 'and is called at once when it comes, to hear what was decided');
});

test('behind a follower whose command has no place in the queue the next wait for the answer', async () => {
  const { ready, called, answered, a, b, c } = givenThree();
  await ready(a, { queues: false });
  await ready(b);
  await ready(c);
  assert.deepEqual(called, ['a']);
  await answered('a');
  assert.deepEqual(called, ['a', 'b', 'c']);
});

test('a call that settles nothing leaves its chain in line, before those behind it', async () => {
  const { ready, called, answered, results, a, b } = givenThree();
  await ready(a, { queues: false });
  await ready(b);
  await answered('a', false);
  assert.equal(await results.get('a'), 'a', 'whoever asked hears it all the same');
  assert.deepEqual(called, ['a']);
  await ready(a, { queues: false, as: 'a again' });
  await answered('a again');
  assert.deepEqual(called, ['a', 'a again', 'b']);
});

test('a handing over that fails is one that settles nothing', async () => {
  const { kept, ready, called, a, b } = givenThree();
  const failed = kept.inTurn(a, {
    queues: true,
    handOver: () => Promise.reject(new Error('no such command')),
    seeTo: () => undefined,
  });
  await assert.rejects(failed, /no such command/);
  await ready(b);
  assert.deepEqual(called, []);
});

test('one that is not ready is waited for, then passed over; when it comes it waits until that is decided', async () => {
  const { ready, called, answered, pass, seenTo, a, b, c } = givenThree();
  await pass(10 * PATIENCE_MS);
  await ready(c);
  await ready(b);
  await pass(PATIENCE_MS - 1);
  assert.deepEqual(called, [], 'patience is not spent while nobody waits');
  await pass(1);
  assert.deepEqual(called, ['a+b', 'c']);
  await ready(a);
  assert.deepEqual(called, ['a+b', 'c']);
  await answered('b');
  assert.deepEqual(called, ['a+b', 'c', 'a']);
  assert.deepEqual(seenTo, ['a']);
});

test('all who are not ready are passed over by the first behind them that is', async () => {
  const { ready, called, pass, c } = givenThree();
  await ready(c);
  await pass(PATIENCE_MS);
  assert.deepEqual(called, ['a+b+c']);
});

test('after half of the patience whoever waits follows the other chain as well', async () => {
  const { ready, called, pass, seenTo, a, b } = givenThree();
  await ready(b);
  await pass(PATIENCE_MS / 2);
  assert.deepEqual([seenTo, called], [['a'], []]);
  await ready(a);
  assert.deepEqual(called, ['a', 'b'], 'and nobody is late');
});

test('one that was held up over all of the patience looks around before it gives anybody up', async () => {
  const { ready, called, pass, left, sees, waits, b } = givenThree();
  await ready(b);
  await pass(PATIENCE_MS / 2);
  // The process stands still; then its timers come before what it was told meanwhile.
  assert.ok(waits());
  sees(left('a'));
  await pass(PATIENCE_MS / 2);
  assert.deepEqual(called, ['b']);
});

test('a passing over that settles nothing leaves everybody where they stood', async () => {
  const { ready, called, answered, pass, a, b, c } = givenThree();
  await ready(b);
  await pass(PATIENCE_MS);
  await ready(a);
  await answered('b', false);
  assert.deepEqual(called, ['a+b', 'a'], 'the first is there now, and goes first');
  await answered('a');
  await ready(c);
  assert.deepEqual(called, ['a+b', 'a']);
  await ready(b, { as: 'b again' });
  assert.deepEqual(called, ['a+b', 'a', 'b again', 'c']);
});

test('one that comes and goes without being decided does not keep the others for ever', async () => {
  const { ready, called, answered, pass, a, b } = givenThree();
  await ready(b);
  for (let times = 0; times < 4; times++) {
    await ready(a, { queues: false, as: `a${times}` });
    await answered(`a${times}`, false);
    await pass(PATIENCE_MS / 4);
  }
  assert.deepEqual(called, ['a0', 'a1', 'a2', 'a3', 'a+b']);
});

test('of two who follow one chain the first is called, and the other when it is answered', async () => {
  const { ready, called, answered, results, sees, left, a, b } = givenThree();
  await ready(a, { as: 'one' });
  await ready(a, { as: 'two' });
  await ready(b);
  assert.deepEqual(called, ['one', 'b']);
  await answered('one');
  assert.deepEqual(called, ['one', 'b', 'two']);
  await answered('two');
  assert.deepEqual([await results.get('one'), await results.get('two')], ['one', 'two']);
  sees(left('a'));
  assert.deepEqual(called, ['one', 'b', 'two']);
});

test('nobody is called before the history has been seen up to where they stand', async () => {
  const { ready, called, stands, sees, results, pass } = given();
  const [a, b] = [stands('a'), stands('b')];
  await ready(b);
  assert.deepEqual(called, []);
  sees(a, b);
  await ready(a);
  assert.deepEqual(called, ['a', 'b']);
  const unseen = stands('c');
  await ready(unseen);
  await pass(PATIENCE_MS);
  assert.ok((await results.get('c')) instanceof NotSeenError);
});

test('when the line ends everybody who waits hears of it, and nothing is left to wait for', async () => {
  const { kept, ready, called, stands, results, waits, a, b } = givenThree();
  await ready(b);
  await ready(stands('unseen'));
  kept.end();
  assert.ok((await results.get('b')) instanceof LineEndedError);
  assert.ok((await results.get('unseen')) instanceof LineEndedError);
  await ready(a);
  assert.ok((await results.get('a')) instanceof LineEndedError);
  assert.deepEqual([called, waits()], [[], false]);
});

test('who has left and who was decided leave nothing behind', async () => {
  const { ready, answered, sees, left, waits, stands, b } = givenThree();
  await ready(b);
  assert.ok(waits());
  sees(left('a'));
  await answered('b');
  sees(left('b'), left('c'), stands('d'), left('d'));
  assert.equal(waits(), false);
});
