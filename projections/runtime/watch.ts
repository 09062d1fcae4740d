import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { later, millisecondsOf } from '#domain/kernel/instant.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';
import { Overloaded, RejectedError } from '#domain/kernel/rejections.ts';
import { pause } from '#runtime/pause.ts';
import { type Build, buildsOf, consumerOf } from './builds.ts';

/** Between two looks at the store while somebody waits, in milliseconds. */
const POLL_MS = 20;
/** So long it is taken as known which build is live, in milliseconds: one that is dropped earlier is found missing. */
const LIVE_MS = 250;
/** Who may wait at once. */
const MOST_WAITING = 10_000;
const RETRY_AFTER_MS = 500;

export interface WatchOptions {
  readonly consumers: Pick<ConsumerStore, 'all'>;
  readonly settings: Pick<SettingStore, 'get'>;
  readonly clock: Clock;
}

/** Where the views of other processes stand, looked up once for all in this process who want to know. */
export interface Watch {
  /**
   * The live build once it has reached the position; undefined: not in time. What is known to be reached costs no read.
   *
   * @throws RejectedError with `overloaded` when too many wait; what the store fails with
   */
  reached(view: string, position: Position, timeoutMs: number): Promise<Build | undefined>;
  /** The build that was live is gone. */
  forget(view: string): void;
}

interface Known {
  build: Build | undefined;
  /** How far it was at least. */
  position: Position;
  /** When it was last asked which is live. */
  askedAtMs: number;
}

interface Waiter {
  readonly view: string;
  readonly position: Position;
  settle(build: Build | undefined): void;
  fail(error: unknown): void;
}

export function watchBuilds({ consumers, settings, clock }: WatchOptions): Watch {
  const known = new Map<string, Known>();
  const waiters = new Set<Waiter>();
  let isLooking = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  const now = (): number => millisecondsOf(clock.now());
  const isFresh = ({ askedAtMs }: Known): boolean => Math.abs(now() - askedAtMs) < LIVE_MS;

  /** The build to be read, if what is known is enough to tell. */
  function answer(view: string, position: Position): Build | undefined {
    const there = known.get(view);
    return there !== undefined && isFresh(there) && there.position >= position ? there.build : undefined;
  }

  async function askWhichIsLive(view: string): Promise<void> {
    const there = known.get(view);
    if (there !== undefined && isFresh(there)) return;
    const askedAtMs = now();
    const { live } = await buildsOf(settings, view);
    known.set(view, { build: live, position: BEGINNING, askedAtMs });
  }

  /** First which builds are live and then how far they are: none is taken to be further than it was when it was live. */
  async function look(): Promise<void> {
    lookedAtMs = now();
    await Promise.all([...new Set([...waiters].map(({ view }) => view))].map(askWhichIsLive));
    const records = await consumers.all();
    const checkpoints = new Map(records.map(({ consumer, checkpoint }) => [consumer, checkpoint]));
    for (const [view, there] of known) {
      const checkpoint = there.build && checkpoints.get(consumerOf(view, there.build));
      there.position = checkpoint ?? BEGINNING;
      // It is dropped, or nobody has begun it: the next look asks which is live.
      if (checkpoint === undefined) there.askedAtMs = Number.NEGATIVE_INFINITY;
    }
    for (const waiter of waiters) {
      const there = known.get(waiter.view);
      if (there?.build !== undefined && there.position >= waiter.position) waiter.settle(there.build);
    }
  }

  async function lookOn(): Promise<void> {
    isLooking = true;
    while (waiters.size > 0) {
      const restMs = lookedAtMs + POLL_MS - now();
      if (restMs > 0) await pause(clock, Math.min(restMs, POLL_MS));
      if (waiters.size === 0) break;
      try {
        await look();
      } catch (error) {
        for (const waiter of waiters) waiter.fail(error);
      }
    }
    isLooking = false;
  }

  function wait(view: string, position: Position, timeoutMs: number): Promise<Build | undefined> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        waiters.delete(waiter);
      };
      const waiter: Waiter = {
        view,
        position,
        settle(build) {
          end();
          resolve(build);
        },
        fail(error) {
          end();
          reject(error);
        },
      };
      const cancel = clock.at(later(clock.now(), timeoutMs), () => waiter.settle(undefined));
      waiters.add(waiter);
      if (!isLooking) void lookOn();
    });
  }

  return {
    async reached(view, position, timeoutMs) {
      const build = answer(view, position);
      if (build !== undefined) return build;
      if (waiters.size >= MOST_WAITING) throw new RejectedError(Overloaded({ retryAfterMs: RETRY_AFTER_MS }));
      return wait(view, position, timeoutMs);
    },
    forget(view) {
      known.delete(view);
    },
  };
}
