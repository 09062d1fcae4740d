import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { memoryStores } from '#compose/stores.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Reply } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { type Faults, faultyStore, inTurn } from '#test/support/faulty-store.ts';
import { givenPlatform, inTime, someone } from '#test/support/platform.ts';
import { Add, AddOnes, AddOnRecord, Inject, Seal, tallies, tallyDeciders } from '#test/support/tally.ts';

const ann = someone('ann', 'bidder');
const codeOf = (reply: Reply): string =>
  reply.outcome === 'rejected' ? reply.rejection.code : reply.outcome;
const codes = (replies: readonly Reply[]): string[] => replies.map(codeOf);

/** A platform over a store that counts its appends and can be made to fail. */
function given(faults: Faults = {}, more: Partial<Parameters<typeof givenPlatform>[0]> = {}) {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const memory = memoryStores({ clock }).store;
  const appends: number[] = [];
  const store: EventStore = faultyStore(
    {
      ...memory,
      append(stream, expected, events) {
        appends.push(events.length);
        return memory.append(stream, expected, events);
      },
    },
    faults,
  );
  const contexts = [tallies];
  const platform = givenPlatform({ contexts, deciders: tallyDeciders, clock, store, ...more });
  return { ...platform, appends, memory };
}

describe('a stream that is hot', () => {
  it('decides what waits in arrival order and shares the appends', async () => {
    const { send, history, appends } = given({}, { limits: { externalBurst: 300 } });
    const ids = Array.from({ length: 150 }, (_, at) => `c${at}`);
    await Promise.all(ids.map((id) => send(Add({ tally: 'a', by: 1n }), ann, id)));
    assert.deepEqual(
      (await history('tally-a')).map(({ metadata }) => metadata.commandId),
      ids,
    );
    assert.deepEqual(appends, [100, 50]);
  });
  it('decides each on what the ones before it have led to', async () => {
    const { send } = given();
    const replies = await Promise.all([600n, 600n, 400n, 1n].map((by) => send(Add({ tally: 'a', by }), ann)));
    assert.deepEqual(codes(replies), ['accepted', 'tally_full', 'accepted', 'tally_full']);
  });
  it('lets a repeat in the same group wait for that group and get the same reply', async () => {
    const { send, appends } = given();
    const add = () => send(Add({ tally: 'a', by: 1n }), ann, 'c1');
    const [first, second] = await Promise.all([add(), add()]);
    assert.deepEqual(second, first);
    assert.deepEqual(appends, [1]);
  });
  it('keeps a decision of many events together', async () => {
    const { send, appends } = given();
    await Promise.all([60, 60, 30].map((times) => send(AddOnes({ tally: 'a', times }), ann)));
    assert.deepEqual(appends, [60, 90]);
  });
  it('decides nothing behind a barrier before its position is known', async () => {
    const { send, history, appends } = given();
    const [, , late] = await Promise.all([
      send(Add({ tally: 'a', by: 1n }), ann),
      send(Seal({ tally: 'a' }), ann),
      send(Add({ tally: 'a', by: 1n }), ann),
    ]);
    const sealed = (await history('tally-a'))[1];
    assert.deepEqual(late?.outcome === 'rejected' && late.rejection.details, {
      position: String(sealed?.position),
    });
    assert.deepEqual(appends, [2]);
  });
  it('knows the positions also where the engine tells only the last', async () => {
    const { send, history } = given({ lastPositionOnly: true });
    const [reply, , late] = await Promise.all([
      send(AddOnes({ tally: 'a', times: 2 }), ann),
      send(Seal({ tally: 'a' }), ann),
      send(Add({ tally: 'a', by: 1n }), ann),
    ]);
    const stored = await history('tally-a');
    assert.deepEqual(
      reply?.events.map(({ position }) => position),
      stored.slice(0, 2).map(({ position }) => position),
    );
    assert.deepEqual(late?.outcome === 'rejected' && late.rejection.details, {
      position: String(stored[2]?.position),
    });
  });
});

describe('another process', () => {
  it('is noticed: what is missing is read and the command decided again', async () => {
    const one = given();
    const two = givenPlatform({
      contexts: [tallies],
      deciders: tallyDeciders,
      store: one.store,
      clock: one.clock,
      seed: 2,
    });
    for (let turn = 0; turn < 5; turn++) {
      const replies = await Promise.all([
        one.send(Add({ tally: 'a', by: 100n }), ann),
        two.send(Add({ tally: 'a', by: 100n }), ann),
      ]);
      assert.deepEqual(codes(replies), ['accepted', 'accepted']);
    }
    assert.equal(codeOf(await one.send(Add({ tally: 'a', by: 1n }), ann)), 'tally_full');
    assert.equal((await one.history('tally-a')).length, 10);
  });
  it('that always comes first makes the command contended, after a bounded number of tries', async () => {
    let tries = 0;
    const append = () => {
      tries += 1;
      return 'conflict' as const;
    };
    const { send, clock } = given({ append }, { limits: { decideAttempts: 4 } });
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann))), 'contended');
    assert.equal(tries, 4);
  });
});

describe('an append whose outcome is unknown', () => {
  it('that was applied is answered as if nothing had happened', async () => {
    const { send, history, clock } = given(inTurn('unanswered'));
    const reply = await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann));
    const [event] = await history('tally-a');
    assert.equal(codeOf(reply), 'accepted');
    assert.equal(reply.position, event?.position);
  });
  it('that was not applied is made again, with the same ids', async () => {
    const { send, history, clock } = given(inTurn('lost', 'lost'));
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 1n }), ann))), 'accepted');
    assert.equal((await history('tally-a')).length, 1);
  });
  it('is decided again when somebody else has written there', async () => {
    const other = givenPlatform({ contexts: [tallies], deciders: tallyDeciders, seed: 2 });
    let first = true;
    const store: EventStore = {
      ...other.store,
      async append(stream, expected, events) {
        if (!first) return other.store.append(stream, expected, events);
        first = false;
        await other.send(Add({ tally: 'a', by: 999n }), ann);
        return faultyStore(other.store, inTurn('lost')).append(stream, expected, events);
      },
    };
    const { send, history, clock } = given({}, { store });
    assert.equal(codeOf(await inTime(clock, send(Add({ tally: 'a', by: 2n }), ann))), 'tally_full');
    assert.equal((await history('tally-a')).length, 1);
  });
  it('that nobody can settle drops every decision that stood on it, and the retry learns the truth', async () => {
    let away = false;
    const faults: Faults = {
      append() {
        away = true;
        return 'unanswered';
      },
      read: () => away,
    };
    const { send, memory, clock } = given(faults);
    const full = () => send(Add({ tally: 'a', by: 1n }), ann, 'c2');
    const replies = await inTime(
      clock,
      Promise.all([send(Add({ tally: 'a', by: 1_000n }), ann, 'c1'), full()]),
    );
    // The second was refused for the first, which may not be there: that no must not be given.
    assert.deepEqual(codes(replies), ['unavailable', 'unavailable']);
    const later = givenPlatform({ contexts: [tallies], deciders: tallyDeciders, store: memory, clock });
    assert.equal(codeOf(await later.send(Add({ tally: 'a', by: 1_000n }), ann, 'c1')), 'accepted');
    assert.equal(codeOf(await later.send(Add({ tally: 'a', by: 1n }), ann, 'c2')), 'tally_full');
    assert.equal((await later.history('tally-a')).length, 1);
  });
  it('that was certainly not applied drops them too, and the stream goes on', async () => {
    const { send, history } = given(inTurn('unavailable'));
    const replies = await Promise.all([
      send(Add({ tally: 'a', by: 1_000n }), ann),
      send(Add({ tally: 'a', by: 1n }), ann),
    ]);
    assert.deepEqual(codes(replies), ['unavailable', 'unavailable']);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann)), 'accepted');
    assert.equal((await history('tally-a')).length, 1);
  });
});

describe('commands of reactions and sagas, which come again when they come to nothing', () => {
  const system = systemActor('test');
  const ones = (send: ReturnType<typeof given>['send'], ...ids: readonly string[]) =>
    Promise.all(ids.map((id) => send(Inject({ tally: 'a', by: 1n }), system, id)));
  const decided = async ({ history }: ReturnType<typeof given>) =>
    (await history('tally-a')).map(({ metadata }) => metadata.commandId);

  const failures: readonly (readonly [string, Faults])[] = [
    ['the store does not take', inTurn('unavailable')],
    ['others are always faster', { append: () => 'conflict' }],
  ];
  for (const [what, faults] of failures)
    it(`are not decided before one that waited before them, when ${what}`, async () => {
      const platform = given(faults, { limits: { decisionsPerBatch: 2, decideAttempts: 2 } });
      const { send, clock } = platform;
      const replies = await inTime(clock, ones(send, 'c1', 'c2', 'c3', 'c4', 'c5'));
      assert.deepEqual(new Set(codes(replies.slice(2))), new Set(['unavailable']));
      assert.deepEqual(await decided(platform), []);
    });

  it('nor when the stream cannot be read', async () => {
    let reads = 0;
    const platform = given({ read: () => ++reads === 1 }, { limits: { decisionsPerBatch: 1 } });
    assert.deepEqual(codes(await ones(platform.send, 'c1', 'c2')), ['unavailable', 'unavailable']);
    assert.deepEqual(await decided(platform), []);
  });

  it('nor before whoever sent it has heard, and a moment later are taken in again', async () => {
    const platform = given(inTurn('unavailable'));
    const { send, clock } = platform;
    const [first] = await ones(send, 'c1');
    assert.equal(codeOf(first as Reply), 'unavailable');
    assert.deepEqual(codes(await ones(send, 'c2')), ['unavailable']);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann, 'hers')), 'accepted', 'a person’s is');
    clock.advanceTo(later(clock.now(), 10));
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.deepEqual(codes(await ones(send, 'c1', 'c2')), ['accepted', 'accepted']);
    assert.deepEqual(await decided(platform), ['hers', 'c1', 'c2']);
  });

  it('nor behind one for which the queue had no room; those that waited before it are decided', async () => {
    const platform = given({}, { limits: { systemPerStream: 2 } });
    const { send, clock } = platform;
    assert.deepEqual(codes(await ones(send, 'c1', 'c2', 'c3')), ['accepted', 'accepted', 'overloaded']);
    assert.deepEqual(codes(await ones(send, 'c4')), ['unavailable']);
    clock.advanceTo(later(clock.now(), 10));
    await new Promise<void>((resolve) => setImmediate(resolve));
    assert.deepEqual(codes(await ones(send, 'c3', 'c4')), ['accepted', 'accepted']);
    assert.deepEqual(await decided(platform), ['c1', 'c2', 'c3', 'c4']);
  });

  it('leave a person’s command that waits with them where it is', async () => {
    const platform = given(inTurn('unavailable'), { limits: { decisionsPerBatch: 1 } });
    const { send } = platform;
    const inject = send(Inject({ tally: 'a', by: 1n }), system, 'c1');
    const add = send(Add({ tally: 'a', by: 1n }), ann, 'hers');
    assert.deepEqual(codes([await inject, await add]), ['unavailable', 'accepted']);
    assert.deepEqual(await decided(platform), ['hers']);
  });
});

describe('too much at once', () => {
  const wait = (reply: Reply | undefined): number =>
    reply?.outcome === 'rejected'
      ? ((reply.rejection.details as { retryAfterMs?: number }).retryAfterMs ?? 0)
      : 0;
  const flood = (send: ReturnType<typeof given>['send'], count: number, stream?: string) =>
    Promise.all(
      Array.from({ length: count }, (_, at) => send(Add({ tally: stream ?? `t${at}`, by: 0n }), ann)),
    );
  it('for one stream is refused with a time to wait; others go on', async () => {
    const { send } = given({}, { limits: { externalPerStream: 3 } });
    const all = Promise.all([
      flood(send, 5, 'a'),
      send(Add({ tally: 'b', by: 1n }), ann),
      send(Inject({ tally: 'a', by: 1n }), systemActor('test')),
    ]);
    const [replies, other, system] = await all;
    assert.deepEqual(codes(replies), ['accepted', 'accepted', 'accepted', 'overloaded', 'overloaded']);
    assert.ok(wait(replies[4]) >= 1);
    assert.deepEqual(codes([other, system]), ['accepted', 'accepted']);
  });
  it('altogether is refused too, and room is made by every answer', async () => {
    const { send, pipeline } = given({}, { limits: { externalInFlight: 2 } });
    assert.deepEqual(codes(await flood(send, 3)), ['accepted', 'accepted', 'overloaded']);
    assert.deepEqual(pipeline.status().inFlight, { external: 0, system: 0 });
    assert.deepEqual(codes(await flood(send, 2)), ['accepted', 'accepted']);
  });
  it('keeps a bounded number of streams in memory and still knows them all', async () => {
    const { send, pipeline } = given({}, { limits: { cachedStreams: 2 } });
    for (const tally of ['a', 'b', 'c']) await send(Add({ tally, by: 1_000n }), ann);
    assert.equal(pipeline.status().cached.streams, 2);
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann)), 'tally_full');
  });
});

describe('the end', () => {
  it('finishes what was taken in and takes nothing more', async () => {
    const { send, pipeline, history } = given();
    const accepted = send(AddOnRecord({ tally: 'a', by: 1n }), ann);
    const drained = pipeline.drain();
    assert.equal(codeOf(await send(Add({ tally: 'a', by: 1n }), ann)), 'unavailable');
    await drained;
    assert.equal((await history('tally-a')).length, 1);
    assert.equal(codeOf(await accepted), 'accepted');
  });
});
