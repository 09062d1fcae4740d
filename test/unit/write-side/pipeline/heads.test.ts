import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noLog } from '#domain/kernel/ports/log.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import { AddOnes, tallies, tallyDeciders } from '#test/support/tally.ts';
import { advance, emptyHead } from '#write-side/pipeline/head.ts';
import { headsOf } from '#write-side/pipeline/heads.ts';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import { observedRate } from '#write-side/pipeline/rate.ts';
import { snapshotsIn } from '#write-side/pipeline/snapshots.ts';

const ann = someone('ann', 'bidder');
const [decider] = tallyDeciders as [(typeof tallyDeciders)[number]];

/** Heads over a history of five events, with a count of the reads. */
async function given(limits = {}) {
  const { store, registry, send, history } = givenPlatform({ contexts: [tallies], deciders: tallyDeciders });
  const grow = (tally: string, times: number) => send(AddOnes({ tally, times }), ann);
  await grow('a', 5);
  const events = (await history('tally-a')).map((event) => registry.decode(event));
  let reads = 0;
  const heads = headsOf({
    store: {
      readStream(stream, page) {
        reads += 1;
        return store.readStream(stream, page);
      },
    },
    registry,
    snapshots: snapshotsIn(undefined, { limits: pipelineLimits, log: noLog }),
    limits: { ...pipelineLimits, ...limits },
  });
  return { heads, events, grow, reads: () => reads };
}

describe('a head', () => {
  it('passes over the events it holds already', async () => {
    const { events } = await given();
    const head = emptyHead('tally-a', decider);
    advance(head, events.slice(0, 3), pipelineLimits);
    advance(head, events, pipelineLimits);
    assert.deepEqual(head.state, { total: 5n, sealedAt: undefined });
    assert.deepEqual([head.revision, head.eventId], [4, events[4]?.eventId]);
  });
  it('takes no event behind one that is missing', async () => {
    const { events } = await given();
    assert.throws(() => advance(emptyHead('tally-a', decider), events.slice(1), pipelineLimits), RangeError);
  });
});

describe('refreshes of one stream', () => {
  it('that come while one reads share the next', async () => {
    const { heads, reads } = await given();
    const all = await Promise.all([1, 2, 3, 4].map(() => heads.refresh('tally-a', decider)));
    assert.equal(reads(), 2);
    for (const head of all) assert.equal(head.revision, 4);
  });
  it('see what was written before they were asked for', async () => {
    const { heads, grow } = await given();
    const first = heads.refresh('tally-a', decider);
    await grow('a', 1);
    assert.equal((await heads.refresh('tally-a', decider)).revision, 5);
    await first;
  });
});

describe('the heads kept', () => {
  it('remember a bounded number of commands together, and lose the longest unused stream first', async () => {
    const { heads, grow } = await given({ cachedCommands: 3 });
    for (const tally of ['b', 'c', 'c']) await grow(tally, 1);
    for (const tally of ['a', 'b']) await heads.refresh(`tally-${tally}`, decider);
    heads.cached('tally-a');
    await heads.refresh('tally-c', decider);
    assert.deepEqual(heads.size(), { streams: 2, commands: 3 });
    assert.equal(heads.cached('tally-b'), undefined);
  });
  it('always have room for the one in use', async () => {
    const { heads, grow } = await given({ cachedCommands: 1 });
    await grow('a', 1);
    await heads.refresh('tally-a', decider);
    assert.deepEqual(heads.size(), { streams: 1, commands: 2 });
  });
});

describe('the rate observed', () => {
  it('says a second as long as nothing is known, and is bounded below and above', () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const rate = observedRate(clock);
    assert.equal(rate.waitMs(1), 1_000);
    rate.count();
    assert.deepEqual([1, 5, 30, 31].map(rate.waitMs), [1_000, 5_000, 30_000, 30_000]);
    for (let count = 1; count < 2_000; count++) rate.count();
    assert.deepEqual([0, 1, 20, 21, 100].map(rate.waitMs), [10, 10, 10, 11, 50]);
  });
  it('forgets what is two seconds old', () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const rate = observedRate(clock);
    for (let count = 0; count < 100; count++) rate.count();
    assert.equal(rate.perSecond(), 100);
    clock.advanceTo('2026-03-01T12:00:01.000Z');
    assert.equal(rate.perSecond(), 100);
    clock.advanceTo('2026-03-01T12:00:03.000Z');
    assert.equal(rate.perSecond(), 0);
  });
});
