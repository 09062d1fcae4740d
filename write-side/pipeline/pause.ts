import type { Clock, Random } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';

/** Waits before the `attempt`th repeat (from 1). */
export type Pause = (attempt: number) => Promise<void>;

/**
 * Pauses that double up to a bound. Chance shortens each by up to half, so that two writers that met once do not keep
 * meeting. The first repeat is immediate: most conflicts are over when they are noticed.
 */
export function pauses(
  clock: Clock,
  random: Random,
  limits: { readonly pauseMs: number; readonly longestPauseMs: number },
): Pause {
  return async (attempt) => {
    if (attempt <= 1) return;
    const longest = doubled(attempt - 1, limits.pauseMs, limits.longestPauseMs);
    await pause(clock, Math.max(1, Math.round(longest * (1 - random() / 2))));
  };
}
