import type { Position } from '#domain/kernel/envelope.ts';
import { type Instant, later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import { pause } from '#runtime/pause.ts';
import { serviceLimits } from '#runtime/service/limits.ts';
import type { Asking, Moment } from '#runtime/service/moments.ts';

/** How often it is looked for those who have fallen silent, in milliseconds. */
const LOOK_MS = 100;

interface Follower {
  /** The last turn it is done with; -1: none. */
  done: number;
  next: Instant | undefined;
  /** When it was last heard of, by the machine's clock; undefined: its question is held back here. */
  heard: Instant | undefined;
}

export interface FollowersOptions {
  /** Names whoever moves the clock, and nobody that ever did before. */
  readonly owner: string;
  readonly now: () => Instant;
  readonly machineClock: Clock;
  readonly log: Log;
  /** How long a turn may take, in milliseconds. */
  readonly turnMs: number;
}

/** The processes that follow a clock which is moved here. */
export interface Followers {
  /** Nobody follows it. */
  readonly none: boolean;
  /** The earliest moment to come that one of them waits for. */
  next(): Instant | undefined;
  /**
   * Tells them the time; resolves when each of them is done with the history up to `head`, or has fallen silent.
   * @throws when that takes too long
   */
  turn(head: Position, all: boolean): Promise<void>;
  /** Answers a question when there is something new, or after a while. @param signal aborts when whoever asks has gone */
  ask(asking: Asking, signal: AbortSignal): Promise<Moment>;
  /** Answers whoever waits for something new, now and from now on: a stop waits for no question. */
  end(): void;
}

/** Told of each change; whoever waits looks again then, or after a while. */
function changes(machineClock: Clock) {
  let next = Promise.withResolvers<void>();
  return {
    tell(): void {
      next.resolve();
      next = Promise.withResolvers();
    },
    async after(atMostMs: number, signal?: AbortSignal): Promise<void> {
      const over = new AbortController();
      const either = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
      const waited = pause(machineClock, atMostMs, either);
      await Promise.race([next.promise, waited]).finally(() => over.abort());
    },
  };
}

/** Who follows, and how far each is. */
function membersOf({ owner, now, machineClock, log }: FollowersOptions) {
  const members = new Map<string, Follower>();
  return {
    get none() {
      return members.size === 0;
    },
    done: (turn: number): boolean => [...members.values()].every(({ done }) => done === turn),
    next: (): Instant | undefined =>
      [...members.values()]
        .flatMap(({ next }) => (next === undefined || next <= now() ? [] : [next]))
        .sort()
        .at(0),
    met({ follower: name, next, done }: Asking): Follower {
      if (!members.has(name) && members.size >= serviceLimits.followers)
        throw new RejectedError(Overloaded({ retryAfterMs: serviceLimits.silenceMs }));
      const follower: Follower = {
        done: done?.owner === owner ? done.turn : -1,
        next: next ?? undefined,
        heard: undefined,
      };
      members.set(name, follower);
      return follower;
    },
    /** Whoever has gone while nothing was under way is missed by nobody. */
    gone(name: string, follower: Follower): void {
      if (members.get(name) === follower) members.delete(name);
    },
    dropSilent(): void {
      for (const [name, { heard }] of members) {
        if (heard === undefined || machineClock.now() < later(heard, serviceLimits.silenceMs)) continue;
        members.delete(name);
        log.warn(
          { follower: name },
          'a role that follows the clock has fallen silent: it goes on without it',
        );
      }
    },
  };
}

/** Keeps the turns of those who follow a clock: one that is dead or hangs is waited for a bounded time. */
export function followersOf(options: FollowersOptions): Followers {
  const { owner, now, machineClock, turnMs } = options;
  const members = membersOf(options);
  const changed = changes(machineClock);
  let turn = 0;
  let told = { head: '0', all: false };
  const ended = new AbortController();

  /** Until there is another turn than the one that whoever asks is done with. */
  async function hold({ done }: Follower, gone: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([gone, ended.signal]);
    const until = later(machineClock.now(), serviceLimits.momentWaitMs);
    while (done === turn && !signal.aborted && machineClock.now() < until)
      await changed.after(serviceLimits.momentWaitMs, signal);
  }

  return {
    get none() {
      return members.none;
    },
    next: members.next,
    async turn(head, all) {
      turn += 1;
      told = { head: head.toString(), all };
      changed.tell();
      const until = later(machineClock.now(), turnMs);
      for (;;) {
        members.dropSilent();
        if (members.done(turn)) return;
        if (machineClock.now() >= until) throw new Error('a role did not come to rest in time');
        await changed.after(LOOK_MS);
      }
    },
    async ask(asking, signal) {
      const follower = members.met(asking);
      changed.tell();
      await hold(follower, signal);
      follower.heard = machineClock.now();
      if (signal.aborted) members.gone(asking.follower, follower);
      return { owner, turn, now: now(), ...told };
    },
    end: () => ended.abort(),
  };
}
