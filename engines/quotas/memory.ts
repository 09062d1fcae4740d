import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import type { Quota, Spent } from '#domain/kernel/ports/quotas.ts';

/** Keys that are counted at a time, at some 450 bytes each. */
const KEYS = 100_000;

interface Counted {
  readonly remainingPoints: number;
  readonly msBeforeNext: number;
}
/**
 * A quota that is kept in this process: several processes allow as many times as much. Beyond `most` keys the one that has spent nothing
 * for the longest time is forgotten, which gives it a window of its own: whoever comes from that many networks is bounded by what
 * each connection costs.
 */
export function quotaHere({
  name,
  points,
  windowSeconds,
  most = KEYS,
}: Pick<Quota, 'name' | 'points' | 'windowSeconds'> & { readonly most?: number }): Quota {
  const limiter = new RateLimiterMemory({ points, duration: windowSeconds });
  /** Those it counts, and some that it has forgotten by itself; the longest untouched first. */
  const known = new Set<string>();

  const spent = (isGranted: boolean, { remainingPoints, msBeforeNext }: Counted): Spent => ({
    isGranted,
    left: remainingPoints,
    // A window ends by a timer, and is told by a clock that may have been set back meanwhile.
    endsInMs: Math.min(Math.max(0, msBeforeNext), windowSeconds * 1_000),
  });

  function touch(key: string): void {
    known.delete(key);
    known.add(key);
    if (known.size <= most) return;
    const [oldest = ''] = known;
    known.delete(oldest);
    void limiter.delete(oldest);
  }

  return {
    name,
    points,
    windowSeconds,
    spend(key, asked = 1) {
      touch(key);
      return limiter.consume(key, asked).then(
        (counted) => spent(true, counted),
        // It rejects with what was counted, and with errors of its own.
        (counted: Counted | Error) => {
          if (counted instanceof Error) throw counted;
          return spent(false, counted);
        },
      );
    },
  };
}
