import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PipelineLimits } from '#write-side/pipeline/limits.ts';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import {
  acceptedPerSecond,
  during,
  hintsOf,
  isAccepted,
  isOverloaded,
  p99,
  recoveredAfterMs,
} from './flood.ts';
import { CAPACITY, crowdOf, givenTallies } from './tally-stage.ts';

// The promise: ten times what the platform can do leaves those who are let in with at most three times the
// usual wait, everybody else with a no that says when to come again, and no trace after five seconds. Time is simulated and
// the store's speed is exact, so these are numbers and not impressions.

const SECONDS = 12;
const TIMES = 10;
/** As many times longer may an accepted command take. */
const LONGER = 3;
const RECOVERY_MS = 5_000;
/** Nobody is told to stay away for longer. */
const LONGEST_HINT_MS = 5_000;

/** A quiet time, a flood, a quiet time. */
async function flooded(options: {
  readonly hot: boolean;
  readonly limits?: Partial<PipelineLimits>;
  readonly seconds?: number;
  /** The platform has just been started: it has learned nothing. */
  readonly cold?: boolean;
}) {
  const { hot, limits = {}, seconds = SECONDS, cold = false } = options;
  const people = crowdOf(1_000);
  const quiet = givenTallies({ limits });
  const before = await during(quiet, 5, { usual: quiet.load(CAPACITY / 50, { people, hot }) });
  const stage = cold ? givenTallies({ limits }) : quiet;
  const { flood, crowd } = await during(stage, seconds, {
    flood: stage.load(TIMES * CAPACITY, { people, hot }),
  });
  const usualMs = p99(before.usual);
  return { stage, people, usualMs, flood, crowd, seconds };
}

describe('ten times the load that the platform sustains', () => {
  for (const [name, hot, share] of [
    ['on a thousand streams', false, 0.85],
    ['on one stream', true, 0.5],
  ] as const)
    it(`${name} keeps the accepted within three times the usual, the rest is told when to come again`, async () => {
      const { stage, people, usualMs, flood, crowd, seconds } = await flooded({ hot });
      assert.ok(p99(flood) <= LONGER * usualMs, `${p99(flood)} ms, usually ${usualMs}`);
      // It would be easy to be quick by doing nothing.
      assert.ok(
        acceptedPerSecond(flood, seconds) >= share * CAPACITY,
        `${acceptedPerSecond(flood, seconds)}/s`,
      );
      assert.ok(flood.length > 0.9 * TIMES * CAPACITY * seconds);
      assert.ok(flood.every((answer) => isAccepted(answer) || isOverloaded(answer)));
      for (const hint of hintsOf(flood))
        assert.ok(hint !== undefined && hint >= 1 && hint <= LONGEST_HINT_MS);
      // What is inside is bounded at every moment, and so is all that stands behind it.
      const most = pipelineLimits.externalBurst + 40;
      assert.ok(crowd.inFlight <= most, `${crowd.inFlight} in flight`);
      assert.ok(crowd.queued <= most && crowd.waiting <= most);

      const { light } = await during(stage, 6, { light: stage.load(CAPACITY / 50, { people, hot }) });
      assert.ok(recoveredAfterMs(light, usualMs) <= RECOVERY_MS);
      const { inFlight, queued } = stage.pipeline.status();
      assert.deepEqual(
        { inFlight, queued },
        {
          inFlight: { external: 0, system: 0 },
          queued: { streams: 0, commands: 0 },
        },
      );
    });
  it('holds for a platform that has just been started and has learned nothing', async () => {
    const { usualMs, flood, seconds } = await flooded({ hot: false, cold: true });
    assert.ok(p99(flood) <= LONGER * usualMs, `${p99(flood)} ms, usually ${usualMs}`);
    assert.ok(acceptedPerSecond(flood, seconds) >= 0.8 * CAPACITY);
  });
  it('is a load that a bound on places alone does not withstand', async () => {
    const places = { externalLeast: pipelineLimits.externalInFlight };
    const { usualMs, flood, crowd } = await flooded({ hot: false, limits: places, seconds: 2 });
    assert.ok(p99(flood) > 100 * usualMs);
    assert.ok(crowd.inFlight > 1_000);
  });
});

describe('a refusal', () => {
  it('does not look at what the command says', async () => {
    const stage = givenTallies({ limits: { externalInFlight: 1 } });
    const first = stage.dispatch({});
    let looks = 0;
    const envelope = {
      get data() {
        looks += 1;
        return {};
      },
    };
    // Copied without its getters it would be read here.
    const reply = await stage.pipeline.dispatch(
      Object.defineProperties(
        { command: 'AddOnes', commandId: 'x', actor: crowdOf(1)[0], origin: { channel: 'http' } },
        Object.getOwnPropertyDescriptors(envelope),
      ) as never,
    );
    assert.equal(isOverloaded({ reply, sentAtMs: 0, tookMs: 0 }), true);
    assert.equal(looks, 0);
    assert.deepEqual(reply.events, []);
    void first;
  });
});
