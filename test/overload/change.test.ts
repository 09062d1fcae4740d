import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pipelineLimits } from '#write-side/pipeline/limits.ts';
import { acceptedPerSecond, during, inTime, isAccepted, p99, recoveredAfterMs, sentFrom } from './flood.ts';
import { CAPACITY, crowdOf, givenTallies, SPEED } from './tally-stage.ts';

// The platform changes while it is flooded, or the flood does: what was learned before must not be believed for long.

const people = crowdOf(1_000);
/** What recovery may take, of the platform and of the flood. */
const RECOVERY_MS = 5_000;
const HOUR_MS = 60 * 60 * 1_000;

describe('a store that becomes slow under a flood', () => {
  const slow = { commitMs: 50, eventsPerCommit: 8 };
  const slowCapacity = (slow.eventsPerCommit * 1_000) / slow.commitMs;

  it('is used as far as it goes, and as before once it is quick again', async () => {
    const stage = givenTallies();
    const load = stage.load(5 * CAPACITY, { people });
    const { usual } = await during(stage, 3, { usual: stage.load(CAPACITY / 50, { people }) });
    await during(stage, 2, { flood: load });

    stage.store.work(slow);
    const slowly = sentFrom((await during(stage, 12, { flood: load })).flood, RECOVERY_MS);
    // One more than a commit, because time is counted in milliseconds that have begun.
    assert.ok(p99(slowly) <= 3 * (slow.commitMs + 1), `${p99(slowly)} ms`);
    assert.ok(acceptedPerSecond(slowly, 7) >= 0.6 * slowCapacity, `${acceptedPerSecond(slowly, 7)}/s`);

    stage.store.work(SPEED);
    const quickly = sentFrom((await during(stage, 8, { flood: load })).flood, RECOVERY_MS);
    assert.ok(p99(quickly) <= 3 * p99(usual), `${p99(quickly)} ms, usually ${p99(usual)}`);
    assert.ok(acceptedPerSecond(quickly, 3) >= 0.8 * CAPACITY, `${acceptedPerSecond(quickly, 3)}/s`);
  });
});

describe('a burst and then silence', () => {
  it('is let in whole when it is small', async () => {
    const stage = givenTallies();
    const replies = Array.from({ length: pipelineLimits.externalBurst }, (_, at) =>
      stage.dispatch({ ...(people[at] && { actor: people[at] }), data: { tally: `b${at}`, times: 1 } }),
    );
    const outcomes = (await inTime(stage, Promise.all(replies))).map(({ outcome }) => outcome);
    assert.ok(outcomes.every((outcome) => outcome === 'accepted'));
  });
  it('is cut where it is large, and the next one is welcome', async () => {
    const stage = givenTallies();
    await during(stage, 2, { usual: stage.load(CAPACITY / 50, { people }) });
    for (let round = 0; round < 3; round++) {
      const { burst, crowd } = await during(stage, 0.1, { burst: stage.load(50 * CAPACITY, { people }) });
      assert.ok(burst.filter(isAccepted).length >= pipelineLimits.externalBurst);
      assert.ok(crowd.inFlight <= pipelineLimits.externalBurst + 40);
      const { light } = await during(stage, 6, { light: stage.load(CAPACITY / 50, { people }) });
      assert.ok(recoveredAfterMs(light, 2 * SPEED.commitMs + 1) <= RECOVERY_MS);
    }
  });
});

describe("a machine's clock that is set under a flood", () => {
  for (const byMs of [HOUR_MS, -HOUR_MS])
    it(`by ${byMs / HOUR_MS} h leaves the door as it was`, async () => {
      const stage = givenTallies();
      const load = stage.load(5 * CAPACITY, { people });
      const { usual } = await during(stage, 3, { usual: stage.load(CAPACITY / 50, { people }) });
      await during(stage, 2, { flood: load });
      stage.setClock(byMs);
      const after = sentFrom((await during(stage, 8, { flood: load })).flood, RECOVERY_MS);
      assert.ok(acceptedPerSecond(after, 3) >= 0.8 * CAPACITY, `${acceptedPerSecond(after, 3)}/s`);
      assert.ok(p99(after) <= 3 * p99(usual), `${p99(after)} ms`);
    });
});
