import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** How fast commands are being answered. */
export interface Rate {
  /** One more was answered. */
  count(): void;
  perSecond(): number;
  /** In how many milliseconds this many will have been answered, as far as the last seconds tell: 10 to 30,000. */
  waitMs(commands: number): number;
}

const WINDOW_MS = 1_000;
const UNKNOWN_WAIT_MS = 1_000;
const SHORTEST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 30_000;

/** Counts in windows of a second; the last full one and the one under way speak together. */
export function observedRate(clock: Pick<Clock, 'now'>): Rate {
  let start = millisecondsOf(clock.now());
  let current = 0;
  let previous = 0;
  const turn = (): number => {
    const now = millisecondsOf(clock.now());
    const passed = now - start;
    if (passed < WINDOW_MS) return passed;
    previous = passed < 2 * WINDOW_MS ? current : 0;
    current = 0;
    start = now;
    return 0;
  };
  const perMs = (): number => {
    const passed = turn();
    return (current + previous) / (previous > 0 ? passed + WINDOW_MS : Math.max(passed, WINDOW_MS));
  };
  return {
    count() {
      turn();
      current += 1;
    },
    perSecond: () => perMs() * 1_000,
    waitMs(commands) {
      const rate = perMs();
      if (rate === 0) return UNKNOWN_WAIT_MS;
      return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, Math.ceil(commands / rate)));
    },
  };
}
