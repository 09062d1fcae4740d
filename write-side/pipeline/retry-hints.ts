import type { Random } from '#domain/kernel/ports/facts.ts';
import type { Rate } from './rate.ts';

/** When those who were refused should come again. */
export interface RetryHints {
  /** For one who is refused now (milliseconds of the machine's clock): 10 to 5,000 milliseconds from now. */
  next(nowMs: number): number;
}

const SHORTEST_MS = 10;
/** The last place: with the most that chance adds, five seconds. Nobody is away for longer once a flood is over. */
const LONGEST_MS = 4_000;

/**
 * A queue that nobody stands in: each who is refused gets the next place, and the places follow each other at the rate at
 * which commands are being answered. So those who keep to it come one by one, as they can be served. Chance moves each
 * by up to a quarter, since beyond the longest time all places are the same.
 */
export function retryHints(rate: Pick<Rate, 'perSecond'>, random: Random): RetryHints {
  /** The last place given away. */
  let lastMs = 0;
  return {
    next(nowMs) {
      const perSecond = rate.perSecond();
      const stepMs = perSecond > 0 ? 1_000 / perSecond : LONGEST_MS;
      // Never further away than the longest time: the clock may have been set back.
      const behindMs = Math.min(nowMs + LONGEST_MS, Math.max(lastMs, nowMs));
      lastMs = Math.min(nowMs + LONGEST_MS, behindMs + stepMs);
      return Math.round(Math.max(SHORTEST_MS, (lastMs - nowMs) * (0.75 + random() / 2)));
    },
  };
}
