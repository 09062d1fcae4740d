import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import { type AnyDecider, forget } from '#domain/kernel/decider.ts';
import type { Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { gateDecider, gateDeciders, gates, OpenGate, PayVisit, payVisit } from '#test/support/gate.ts';
import { givenPlatform, inTime, someone } from '#test/support/platform.ts';
import { Add, AddOnes, Inject, Stumble, tallies, tallyDeciders } from '#test/support/tally.ts';

const ann = someone('ann', 'bidder');
const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;
const codes = (replies: readonly Reply[]): string[] => replies.map(codeOf);

type Append = EventStore['append'];
type Read = EventStore['readStream'];

/** A platform over a store whose calls may be replaced, and a count of those that reach it. */
function given(
  replace: (memory: EventStore) => Partial<Pick<EventStore, 'append' | 'readStream'>> = () => ({}),
  more: Partial<Parameters<typeof givenPlatform>[0]> = {},
) {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const memory = memoryStores({ clock }).store;
  const replaced: EventStore = { ...memory, ...replace(memory) };
  const calls = { appends: 0, reads: 0 };
  const store: EventStore = {
    ...replaced,
    append(...call: Parameters<Append>) {
      calls.appends += 1;
      return replaced.append(...call);
    },
    readStream(...call: Parameters<Read>) {
      calls.reads += 1;
      return replaced.readStream(...call);
    },
  };
  const contexts = [tallies];
  return { ...givenPlatform({ contexts, deciders: tallyDeciders, clock, store, ...more }), calls, memory };
}

describe('an append in doubt', () => {
  it('that lands between the look and the second try is known as our own', async () => {
    let late: (() => Promise<unknown>) | undefined;
    let tries = 0;
    const { send, history, clock } = given(
      (memory) => ({
        async append(stream, expected, events) {
          tries += 1;
          if (tries > 1) {
            await late?.();
            // An engine that does not compare ids: the first try stands in the way of the second.
            return { status: 'conflict', actual: 0 };
          }
          late = () => memory.append(stream, expected, events);
          throw new StoreError('unknown_outcome', 'under way');
        },
      }),
      { limits: { decideAttempts: 1 } },
    );
    const reply = await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann, 'c1'));
    assert.equal(codeOf(reply), 'accepted');
    assert.deepEqual(
      reply.events.map(({ eventId }) => eventId),
      (await history('tally-a')).map(({ eventId }) => eventId),
    );
    assert.equal(tries, 2);
  });
});

describe('another writer that makes the same ids', () => {
  it('cannot pass its events off as ours, and both commands are recorded', async () => {
    const one = given();
    const two = givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      store: one.memory,
      clock: one.clock,
    });
    const both = Promise.all([
      one.send(Add({ tally: 'a', by: 1n }), ann, 'c1'),
      two.send(Add({ tally: 'a', by: 2n }), ann, 'c2'),
    ]);
    const replies = await inTime(one.clock, both);
    assert.deepEqual(codes(replies), ['accepted', 'accepted']);
    const added = (await one.history('tally-a')).map(({ data }) => String(data.by));
    assert.deepEqual(added.toSorted(), ['1', '2']);
    assert.deepEqual(
      replies.map(({ events }) => events.map(({ data }) => data)),
      [[{ by: 1n }], [{ by: 2n }]],
    );
  });
  it('each time is contended, after a bounded number of tries', async () => {
    const { send, clock, calls } = given(
      (memory) => ({
        async append(stream, expected, events) {
          const theirs = events.map((event) => ({
            ...event,
            metadata: { ...event.metadata, payload: 'theirs', commandId: event.eventId },
          }));
          await memory.append(stream, expected, theirs);
          return memory.append(stream, expected, events);
        },
      }),
      { limits: { decideAttempts: 3 } },
    );
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann))), 'contended');
    assert.equal(calls.appends, 3);
  });
});

describe('a cached head', () => {
  it('is dropped when its append has failed, so that the repeat is decided on the history', async () => {
    let away = false;
    const { send, clock, calls, pipeline } = given((memory) => ({
      async append(stream, expected, events) {
        if (!away) return memory.append(stream, expected, events);
        await memory.append(stream, expected, events);
        throw new StoreError('unknown_outcome', 'lost');
      },
      readStream(stream, page) {
        return away ? Promise.reject(new StoreError('unavailable', 'away')) : memory.readStream(stream, page);
      },
    }));
    await send(Add({ tally: 'a', by: 1n }), ann);
    away = true;
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 2n }), ann, 'c2'))), 'unavailable');
    assert.equal(pipeline.status().cached.streams, 0);
    away = false;
    const { appends } = calls;
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 2n }), ann, 'c2')), 'accepted');
    assert.equal(calls.appends, appends, 'what is recorded was decided anew');
  });
  it('is dropped when a decision threw: perhaps it is the state that is wrong', async () => {
    const { send, pipeline } = given();
    await send(Add({ tally: 'a', by: 1n }), ann);
    assert.equal(codeOf(await send(Stumble({ tally: 'a' }), ann)), 'internal');
    assert.equal(pipeline.status().cached.streams, 0);
  });
  it('that the history does not have is read anew', async () => {
    let phantom: StoredEvent | undefined;
    const { send, clock, history } = given((memory) => ({
      async readStream(stream, page) {
        const found = await memory.readStream(stream, page);
        if (phantom === undefined || page.from !== 1) return found;
        const lost = phantom;
        phantom = undefined;
        return [lost];
      },
    }));
    await send(AddOnes({ tally: 'a', times: 1 }), ann);
    const [event] = await history('tally-a');
    // As after a failed fsync: an event was read that is not there any more.
    phantom = event && { ...event, revision: 1, eventId: 'lost' };
    // A no without events is proved on the head, which brings the phantom in.
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 5_000n }), ann))), 'tally_full');
    assert.equal(phantom, undefined);
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann))), 'accepted');
    assert.equal((await history('tally-a')).length, 2);
  });
});

describe('an append that the store will never take', () => {
  it('is found by deciding one at a time: only its command fails, and the order stays', async () => {
    const { send, history } = given((memory) => ({
      async append(stream, expected, events) {
        if (events.some(({ data }) => data.by === '13')) throw new StoreError('invalid_event', 'unlucky');
        return memory.append(stream, expected, events);
      },
    }));
    const all = [1n, 13n, 3n, 4n].map((by) => send(Add({ tally: 'a', by }), ann));
    const late = send(Add({ tally: 'a', by: 5n }), ann);
    assert.deepEqual(codes(await Promise.all([...all, late])), [
      'accepted',
      'internal',
      'accepted',
      'accepted',
      'accepted',
    ]);
    assert.deepEqual(
      (await history('tally-a')).map(({ data }) => data.by),
      ['1', '3', '4', '5'],
    );
  });
});

describe('a rejection that the command does not declare', () => {
  it('is a mistake of ours, never an answer', async () => {
    const logged: object[] = [];
    const rogue = tallyDeciders.map((decider) => ({
      ...decider,
      decide: {
        ...decider.decide,
        Empty: () => ({ rejected: true, code: 'tally_full', message: 'No.', details: {} }) as const,
      },
    })) as unknown as readonly AnyDecider[];
    const { pipeline, newId } = given(undefined, {
      deciders: rogue,
      log: { info() {}, warn() {}, error: (details) => void logged.push(details) },
    });
    const reply = await pipeline.dispatch({
      command: 'Empty',
      data: { tally: 'a' },
      commandId: newId(),
      actor: ann,
      origin: { channel: 'http' },
    });
    assert.equal(codeOf(reply), 'internal');
    assert.match(String((logged[0] as { err?: unknown }).err), /does not declare the rejection tally_full/);
  });
});

describe('what comes in', () => {
  const system = systemActor('test');
  it('has a bound of its own for the system, which a flood outside does not touch', async () => {
    const { send } = given(undefined, { limits: { systemInFlight: 2, externalInFlight: 1 } });
    const inject = (tally: string) => send(Inject({ tally, by: 1n }), system);
    const replies = await Promise.all([
      send(Add({ tally: 'x', by: 1n }), ann),
      inject('a'),
      inject('b'),
      inject('c'),
    ]);
    assert.deepEqual(codes(replies), ['accepted', 'accepted', 'accepted', 'overloaded']);
  });

  const parts = { contexts: [gates], deciders: gateDeciders, workflows: [payVisit] };
  const visit = (gate: string) => PayVisit({ gate, visitor: 'ann' });

  it('lets a bounded number of preconditions read at once', async () => {
    const { send, calls } = given(undefined, {
      ...parts,
      limits: { preconditionsReading: 2, outcomeWaitMs: 1 },
    });
    const replies = await Promise.all(['g1', 'g2', 'g3'].map((gate) => send(visit(gate), ann)));
    assert.deepEqual(codes(replies), ['gate_shut', 'gate_shut', 'overloaded']);
    assert.ok(calls.reads > 0);
  });
  it('decides in the order of arrival, however long a precondition takes', async () => {
    const sue = someone('sue', 'seller');
    const gatesAsked = ['gate-slow'];
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    let hold = false;
    const { send, history } = given(
      (memory) => ({
        async readStream(stream, page) {
          if (hold && stream === 'gate-slow') await held;
          return memory.readStream(stream, page);
        },
      }),
      {
        ...parts,
        // The first precondition reads a stream that does not answer, the second one that is known.
        workflows: [
          {
            ...payVisit,
            reads: { gate: { decider: forget(gateDecider), stream: () => gatesAsked.shift() ?? 'gate-g' } },
          },
        ],
      },
    );
    await send(OpenGate({ gate: 'g', seats: 5 }), sue);
    hold = true;
    const slow = send(PayVisit({ gate: 'g', visitor: 'slow' }), ann, 'c1');
    const quick = send(PayVisit({ gate: 'g', visitor: 'slow' }), someone('bob', 'bidder'), 'c2');
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.deepEqual(await history('visit-g:slow'), []);
    release();
    await Promise.all([slow, quick]);
    assert.deepEqual(
      (await history('visit-g:slow')).map(({ metadata }) => metadata.commandId),
      ['c1', 'c2'],
    );
  });
});
