import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { retryAfterMs } from '#runtime/wire.ts';
import { type Admitted, admissionControl } from '#write-side/pipeline/admission.ts';
import { type PipelineLimits, pipelineLimits } from '#write-side/pipeline/limits.ts';
import { observedRate } from '#write-side/pipeline/rate.ts';
import { retryHints } from '#write-side/pipeline/retry-hints.ts';

function givenDoor(limits: Partial<PipelineLimits> = {}) {
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const door = admissionControl({
    limits: { ...pipelineLimits, externalBurst: 0, ...limits },
    rate: observedRate(clock),
    clock,
    random: () => 0.5,
  });
  const pass = (ms: number): void => clock.advanceTo(later(clock.now(), ms));
  /** How many of so many tries get in, and how they leave again. */
  function enter(count: number, person = 'ann'): readonly Admitted[] {
    const tries = Array.from({ length: count }, () => door.enter('external', person));
    return tries.filter((entered) => 'leave' in entered);
  }
  /** As many people as that try once each. */
  const crowd = (count: number): readonly Admitted[] =>
    Array.from({ length: count }, (_, at) => enter(1, `p${at}`)).flat();
  /** One command that takes so long and has the platform to itself. */
  function alone(ms: number): void {
    const [entered] = enter(1, 'nobody');
    pass(ms);
    entered?.answered('Add');
    entered?.leave();
  }
  return { door, clock, pass, enter, crowd, alone };
}

describe('the door', () => {
  it('lets in as many as may always be, and one more for each that leaves', () => {
    const { door, enter } = givenDoor({ externalLeast: 4 });
    const people = ['a', 'b', 'c', 'd', 'e'].map((person) => enter(1, person));
    assert.deepEqual(
      people.map(({ length }) => length),
      [1, 1, 1, 1, 0],
    );
    people[0]?.[0]?.leave();
    people[0]?.[0]?.leave();
    assert.equal(enter(2, 'f').length, 1);
    assert.deepEqual(door.inFlight(), { external: 4, system: 0 });
  });
  it('keeps the last third for people who have nothing inside', () => {
    const { enter } = givenDoor({ externalLeast: 9 });
    assert.equal(enter(20, 'flooder').length, 6);
    assert.deepEqual([enter(1, 'ann').length, enter(1, 'bob').length, enter(1, 'eve').length], [1, 1, 1]);
    assert.equal(enter(1, 'zoe').length, 0);
  });
  it('takes a crowd beyond its limit, but not out of a flood', () => {
    const { door, crowd, pass } = givenDoor({ externalLeast: 1, externalBurst: 10 });
    const leaveAll = (all: readonly Admitted[]): void => {
      for (const { leave } of all) leave();
    };
    const first = crowd(20);
    assert.equal(first.length, 11);
    leaveAll(first);
    const next = crowd(200);
    assert.equal(next.length, 11, 'welcome as soon as the one before has left');
    leaveAll(next);
    assert.equal(crowd(20).length, 1, 'most of the last were refused');
    pass(1_000);
    assert.equal(crowd(20).length, 10);
    assert.equal(door.inFlight().external, 11);
  });
  it('never lets in more than the bound, however large a crowd it takes', () => {
    const { crowd } = givenDoor({ externalLeast: 4, externalBurst: 100, externalInFlight: 20 });
    assert.equal(crowd(200).length, 20);
  });
  it('counts what finishes work apart', () => {
    const { door, enter } = givenDoor({ externalLeast: 1, systemInFlight: 2 });
    enter(5);
    const inside = [1, 2, 3].map(() => 'leave' in door.enter('system', 'saga'));
    assert.deepEqual(inside, [true, true, false]);
  });
});

describe('the limit', () => {
  /** Keeps the platform full for so many answers of `ms` each. */
  function busy({ door, crowd, pass }: ReturnType<typeof givenDoor>, rounds: number, ms: () => number): void {
    for (let round = 0; round < rounds; round++) {
      const people = crowd(door.limit() + 1);
      pass(ms());
      for (const { answered, leave } of people) {
        answered('Add');
        leave();
      }
    }
  }
  it('grows while answers are as quick as alone and somebody is held back', () => {
    const given = givenDoor();
    for (let at = 0; at < 4; at++) given.alone(10);
    busy(given, 50, () => 10);
    assert.ok(given.door.limit() > 20, `${given.door.limit()}`);
  });
  it('stays where nobody is held back', () => {
    const given = givenDoor();
    for (let at = 0; at < 100; at++) given.alone(10);
    assert.equal(given.door.limit(), pipelineLimits.externalLeast);
  });
  it('settles where answers take as many times longer as is tolerated', () => {
    const given = givenDoor({ probeEveryMs: 1_000_000 });
    for (let at = 0; at < 4; at++) given.alone(10);
    // One after the other: each takes a millisecond more for each that is inside.
    busy(given, 300, () => Math.max(10, given.door.limit()));
    const wanted = 10 * pipelineLimits.slowdown;
    assert.ok(Math.abs(given.door.limit() - wanted) <= wanted / 4, `${given.door.limit()}`);
  });
  it('goes down to one now and then, to learn what alone means', () => {
    const given = givenDoor();
    for (let at = 0; at < 4; at++) given.alone(10);
    const seen = new Set<number>();
    busy(given, 1_000, () => {
      seen.add(given.door.limit());
      return Math.max(10, given.door.limit());
    });
    assert.ok(seen.has(1));
    // And back: a probe is a look, not a judgement.
    assert.ok(given.door.limit() > 12);
  });
});

describe('the hints when to come again', () => {
  const hintsOf = (perSecond: number, random = () => 0.5) =>
    retryHints({ perSecond: () => perSecond }, random);
  it('follow each other at the rate of the platform', () => {
    const { next } = hintsOf(100);
    assert.deepEqual([next(0), next(0), next(0), next(0)], [10, 20, 30, 40]);
    // What has passed meanwhile has been served.
    assert.equal(next(1_000), 10);
  });
  it('are bounded, and moved by chance where they would be the same', () => {
    let turn = 0;
    const { next } = hintsOf(10, () => {
      turn += 1;
      return (turn % 10) / 10;
    });
    const late = Array.from({ length: 200 }, () => next(0)).slice(100);
    assert.ok(Math.max(...late) <= 5_000 && Math.min(...late) >= 3_000);
    assert.equal(new Set(late).size, 10);
  });
  it('are as before when the clock was set back', () => {
    const { next } = hintsOf(100);
    next(3_600_000);
    assert.ok(next(0) <= 5_000);
  });
  it('tell what they are to whoever is refused', () => {
    const { door, enter } = givenDoor({ externalLeast: 1 });
    enter(1);
    const refused = door.enter('external', 'bob');
    assert.ok('rejected' in refused && refused.code === 'overloaded');
    assert.ok((retryAfterMs(refused) ?? 0) >= 10);
  });
});
