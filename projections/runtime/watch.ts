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

export const watchBuilds = (options: WatchOptions): Watch => {
  const watching = new Watching(options);
  return {
    reached: (view, position, timeoutMs) => watching.reached(view, position, timeoutMs),
    forget: (view) => watching.forget(view),
  };
};

class Watching implements Watch {
  readonly #options: WatchOptions;
  readonly #known = new Map<string, Known>();
  readonly #waiters = new Set<Waiter>();
  #isLooking = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async reached(view: string, position: Position, timeoutMs: number): Promise<Build | undefined> {
    const build = this.#answer(view, position);
    if (build !== undefined) return build;
    if (this.#waiters.size >= MOST_WAITING)
      throw new RejectedError(Overloaded({ retryAfterMs: RETRY_AFTER_MS }));
    return this.#wait(view, position, timeoutMs);
  }

  forget(view: string): void {
    this.#known.delete(view);
  }

  #now(): number {
    return millisecondsOf(this.#options.clock.now());
  }

  #isFresh({ askedAtMs }: Known): boolean {
    return Math.abs(this.#now() - askedAtMs) < LIVE_MS;
  }

  /** The build to be read, if what is known is enough to tell. */
  #answer(view: string, position: Position): Build | undefined {
    const there = this.#known.get(view);
    if (there === undefined || !this.#isFresh(there)) return undefined;
    return there.position >= position ? there.build : undefined;
  }

  #wait(view: string, position: Position, timeoutMs: number): Promise<Build | undefined> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancel();
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        ...{ view, position },
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
      this.#waiters.add(waiter);
      if (!this.#isLooking) void this.#lookOn();
    });
  }

  /** Never rejects: what goes wrong is told to all who wait. */
  async #lookOn(): Promise<void> {
    this.#isLooking = true;
    while (this.#waiters.size > 0) {
      const restMs = this.#lookedAtMs + POLL_MS - this.#now();
      if (restMs > 0) await pause(this.#options.clock, Math.min(restMs, POLL_MS));
      if (this.#waiters.size === 0) break;
      try {
        await this.#look();
      } catch (error) {
        for (const waiter of this.#waiters) waiter.fail(error);
      }
    }
    this.#isLooking = false;
  }

  /** First which builds are live and then how far they are: none is taken to be further than it was when it was live. */
  async #look(): Promise<void> {
    this.#lookedAtMs = this.#now();
    const asked = new Set([...this.#waiters].map(({ view }) => view));
    await Promise.all([...asked].map((view) => this.#askWhichIsLive(view)));
    const records = await this.#options.consumers.all();
    const checkpoints = new Map(records.map(({ consumer, checkpoint }) => [consumer, checkpoint]));
    for (const [view, there] of this.#known) {
      const checkpoint = there.build && checkpoints.get(consumerOf(view, there.build));
      there.position = checkpoint ?? BEGINNING;
      // It is dropped, or nobody has begun it: the next look asks which is live.
      if (checkpoint === undefined) there.askedAtMs = Number.NEGATIVE_INFINITY;
    }
    for (const waiter of this.#waiters) {
      const there = this.#known.get(waiter.view);
      if (there?.build !== undefined && there.position >= waiter.position) waiter.settle(there.build);
    }
  }

  async #askWhichIsLive(view: string): Promise<void> {
    const there = this.#known.get(view);
    if (there !== undefined && this.#isFresh(there)) return;
    const askedAtMs = this.#now();
    const { live } = await buildsOf(this.#options.settings, view);
    this.#known.set(view, { build: live, position: BEGINNING, askedAtMs });
  }
}
