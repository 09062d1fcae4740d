import { memoryStores } from '#compose/stores.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Envelope } from '#domain/kernel/envelope.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { machineClockOf } from '#test/support/machine-clock.ts';
import { givenPlatform, someone } from '#test/support/platform.ts';
import { seededRandom } from '#test/support/seeded.ts';
import { AddOnes, Inject, tallies, tallyDeciders } from '#test/support/tally.ts';
import type { PipelineLimits } from '#write-side/pipeline/limits.ts';
import { type BusyStore, busyStore, type Speed } from './busy-store.ts';
import type { Load, Stage } from './flood.ts';

/** 1,000 commands a second; a commit takes 8 ms. */
export const SPEED: Speed = { commitMs: 8, eventsPerCommit: 8 };
/** Commands a second that this store can do. */
export const CAPACITY = 1_000;

export interface TallyStage extends Stage {
  readonly store: BusyStore;
  /** Sets the machine's clock by so many milliseconds, while the simulated time goes on. */
  setClock(byMs: number): void;
  /** Commands by people, each to a tally of its own or all to one. */
  load(perSecond: number, by: { readonly people: readonly Actor[]; readonly hot?: boolean }): Load;
  /** Commands by reactions, sagas and timers. */
  internal(perSecond: number): Load;
  /** One command, with everything it says. */
  dispatch(envelope: Partial<Envelope>): ReturnType<Load['send']>;
}

export const crowdOf = (count: number, name = 'p'): readonly Actor[] =>
  Array.from({ length: count }, (_, at) => someone(`${name}${at}`, 'bidder'));

/** A pipeline over a store whose speed is known exactly, in simulated time. */
export function givenTallies(
  options: { readonly speed?: Speed; readonly limits?: Partial<PipelineLimits>; readonly seed?: number } = {},
): TallyStage {
  const { speed = SPEED, limits = {}, seed = 1 } = options;
  const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const machineClock = machineClockOf(clock);
  const store = busyStore(memoryStores({ clock }).store, clock, speed);
  const random = seededRandom(seed);
  const { pipeline } = givenPlatform({
    contexts: [tallies],
    deciders: tallyDeciders,
    store,
    clock,
    pauseClock: machineClock,
    limits,
    seed,
  });
  let sent = 0;
  const dispatch: TallyStage['dispatch'] = (envelope) => {
    sent += 1;
    return pipeline.dispatch({
      command: AddOnes.type,
      data: { tally: 'a', times: 1 },
      commandId: `c${sent}`,
      actor: someone('ann', 'bidder'),
      origin: { channel: 'http' },
      ...envelope,
    });
  };
  const saga = systemActor('saga');
  return {
    clock,
    store,
    pipeline,
    random,
    waiting: store.waiting,
    dispatch,
    setClock: machineClock.pass,
    load: (perSecond, { people, hot = false }) => ({
      perSecond,
      send() {
        const actor = people[Math.floor(random() * people.length)];
        if (actor === undefined) throw new RangeError('nobody sends');
        return dispatch({ actor, data: { tally: hot ? 'hot' : actor.id, times: 1 } });
      },
    }),
    internal: (perSecond) => ({
      perSecond,
      send: () =>
        dispatch({
          command: Inject.type,
          data: { tally: `s${Math.floor(random() * 1_000)}`, by: '1' },
          actor: saga,
          origin: { channel: 'reaction' },
        }),
    }),
  };
}
