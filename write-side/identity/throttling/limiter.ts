import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { AttemptCount, AttemptStore } from '#domain/kernel/ports/attempts.ts';

export interface Limit {
  /** Attempts that are let through in each window. */
  readonly points: number;
  readonly seconds: number;
}

/**
 * A limiter of `rate-limiter-flexible` over a store of ours. Its own store for SQLite wants one of two drivers with a binary each, reads
 * the clock itself, and grows without an end. The names with an underscore are those that its base class calls.
 */
class StoredLimiter extends RateLimiterStoreAbstract {
  readonly #store: AttemptStore;
  readonly #nowMs: () => number;

  constructor(keyPrefix: string, { points, seconds }: Limit, store: AttemptStore, nowMs: () => number) {
    super({ keyPrefix, points, duration: seconds, storeClient: store });
    this.#store = store;
    this.#nowMs = nowMs;
  }

  // In each of these the store is asked before anybody waits: attempts that come together are counted one by one.
  async _upsert(key: string, points: number, lastsMs: number, anew: boolean): Promise<AttemptCount> {
    return this.#store.add(key, points, this.#nowMs(), lastsMs, anew);
  }

  async _get(key: string): Promise<AttemptCount | null> {
    return this.#store.get(key, this.#nowMs()) ?? null;
  }

  async _delete(key: string): Promise<boolean> {
    return this.#store.delete(key);
  }

  _getRateLimiterRes(_key: string, changed: number, { points, endsAtMs }: AttemptCount): RateLimiterRes {
    const left = Math.max(0, this.points - points);
    return new RateLimiterRes(left, Math.max(0, endsAtMs - this.#nowMs()), points, points === changed);
  }
}

/** Counts attempts by key. */
export interface Limiter {
  /** Counts one more. undefined: it is let through; else the milliseconds until the window is over. */
  count(key: string): Promise<number | undefined>;
  /** One that was counted and should not have been. */
  giveBack(key: string): Promise<void>;
  reset(key: string): Promise<void>;
  /** Whether anything is counted. */
  has(key: string): Promise<boolean>;
}

/** @param name apart from those of other limiters over the same store */
export function limiter(name: string, limit: Limit, store: AttemptStore, nowMs: () => number): Limiter {
  const limited = new StoredLimiter(name, limit, store, nowMs);
  return {
    async count(key) {
      try {
        await limited.consume(key);
        return undefined;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        return Math.max(1, Math.ceil(refused.msBeforeNext));
      }
    },
    async giveBack(key) {
      await limited.reward(key);
    },
    async reset(key) {
      await limited.delete(key);
    },
    async has(key) {
      return (await limited.get(key)) !== null;
    },
  };
}
