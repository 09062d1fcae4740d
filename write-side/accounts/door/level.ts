import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { pause } from '#runtime/pause.ts';

/**
 * Does some work, and ends with a span of time: its own, of however many there are since the beginning. What is recorded for one who has
 * an account, and not for one who has none, is not told by the time that it takes.
 */
export async function level<T>(clock: Clock, spanMs: number, work: () => Promise<T>): Promise<T> {
  const beganMs = millisecondsOf(clock.now());
  try {
    return await work();
  } finally {
    const took = millisecondsOf(clock.now()) - beganMs;
    const left = spanMs - (Math.max(0, took) % spanMs);
    await pause(clock, left);
  }
}
