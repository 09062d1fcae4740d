import type { Position } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { serviceLimits, servicePaths } from '#runtime/service/limits.ts';
import { type Asking, Moment } from '#runtime/service/moments.ts';
import { troubles } from '#runtime/troubles.ts';
import { type ServiceClient, UnansweredError } from '../service/client.ts';
import { simulatedClock } from './simulated.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** Before it is looked again whether what is not done yet is done, in milliseconds. */
const LOOK_MS = 20;
/** How long an answer may take, in milliseconds: it is held back while there is nothing new. */
const ANSWER_MS = serviceLimits.momentWaitMs + serviceLimits.silenceMs;

/** Whether, within the time, this process is done with the history up to the position: with all of it, or what might send commands. */
export type DoneWith = (head: Position, all: boolean, timeoutMs: number) => Promise<boolean>;

/** The simulated clock of the platform, as a process has it that does not move it. */
export interface FollowedClock {
  readonly clock: Clock;
  /** From now on whoever moves the clock waits until this process is done with each moment. */
  follow(doneWith: DoneWith): void;
  stop(): Promise<void>;
}

export interface FollowedClockOptions {
  readonly client: Pick<ServiceClient, 'ask'>;
  /** Names this process, and no other that ever was. */
  readonly follower: string;
  readonly machineClock: Clock;
  readonly log: Log;
  /** How long the first moment is waited for, in milliseconds. */
  readonly joinWithinMs: number;
}

/**
 * Takes over the time of the process that moves the clock. It goes on from there, never backwards: where that process was started again
 * and knows of an earlier moment only, it is told of ours.
 *
 * @throws UnansweredError where nobody tells the time within `joinWithinMs`
 */
export async function followedClock(options: FollowedClockOptions): Promise<FollowedClock> {
  const { client, follower, machineClock, log, joinWithinMs } = options;
  const told = troubles(
    { log, clock: machineClock },
    { lasts: 'nobody tells the time: it stands still here', over: 'the time is told again' },
  );
  const stopped = new AbortController();
  const { signal } = stopped;

  async function ask(asking: Omit<Asking, 'follower'>): Promise<Moment> {
    const text = JSON.stringify({ follower, ...asking });
    const { status, body } = await client.ask(servicePaths.clock, text, ANSWER_MS, signal);
    const moment = Moment.safeParse(body);
    if (status === 200 && moment.success) return moment.data;
    throw new UnansweredError(`the clock's process answers ${status}`);
  }

  async function join(): Promise<Moment> {
    const until = later(machineClock.now(), joinWithinMs);
    for (let failures = 1; ; failures++)
      try {
        return await ask({ now: null, next: null, done: null });
      } catch (error) {
        if (machineClock.now() >= until) throw error;
        log.warn({ why: reasonOf(error) }, 'nobody tells the time yet');
        await pause(machineClock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
      }
  }

  const clock = simulatedClock({ start: (await join()).now });
  let done: Asking['done'] = null;

  async function meet(moment: Moment, doneWith: DoneWith): Promise<void> {
    const { owner, turn, now, head, all } = moment;
    clock.advanceTo(now);
    if (done?.owner === owner && done.turn === turn) return;
    const isDone = await doneWith(BigInt(head), all, serviceLimits.momentWorkMs).catch(() => false);
    if (isDone) done = { owner, turn };
    else await pause(machineClock, LOOK_MS, signal);
  }

  async function keepUp(doneWith: DoneWith): Promise<void> {
    for (let failures = 0; !signal.aborted; )
      try {
        await meet(await ask({ now: clock.now(), next: clock.next() ?? null, done }), doneWith);
        failures = 0;
        told.worked('clock');
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        told.failed('clock', error);
        await pause(machineClock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
      }
  }

  let keeping: Promise<void> = Promise.resolve();
  return {
    clock,
    follow(doneWith) {
      keeping = keepUp(doneWith);
    },
    async stop() {
      stopped.abort();
      await keeping;
    },
  };
}
