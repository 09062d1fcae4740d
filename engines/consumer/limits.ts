import type { Handler } from '#domain/kernel/ports/consumer.ts';
import { doubled } from '#runtime/pause.ts';

/** Every bound of the consumer loop, with its unit. */
export const consumerLimits = {
  /** One handle and one commit take at most this many events, where the handler does not say otherwise. */
  eventsPerCommit: 500,
  /** Nor may it ask for more. */
  mostPerCommit: 5_000,
  /** While it catches up, a part to which little of each page belongs gathers so many pages before it handles what it has. */
  gatheredPages: 8,
  /** How many keys of one consumer may be parked before it stops: then it is the code, not the data, that is broken. */
  parkedKeys: 10_000,
  /** Of a parked key, handled in one go on replay. */
  eventsPerReplay: 500,
  partitions: 64,
  /** Callers of `reached` that may wait at once. */
  waiting: 10_000,
  firstPauseMs: 50,
  longestPauseMs: 5_000,
  /** How often an operator's wish to retry a parked key is looked for, while there are any. */
  retryPollMs: 500,
} as const;

/** So many events a handler is given at once. @throws RangeError */
export function mostOf({
  name,
  most = consumerLimits.eventsPerCommit,
}: Pick<Handler, 'name' | 'most'>): number {
  if (Number.isInteger(most) && most >= 1 && most <= consumerLimits.mostPerCommit) return most;
  throw new RangeError(`${name} asks for ${most} events at once, not 1 to ${consumerLimits.mostPerCommit}`);
}

/** Doubles with each failure in a row, up to the longest pause. */
export const pauseAfter = (failures: number): number =>
  doubled(failures, consumerLimits.firstPauseMs, consumerLimits.longestPauseMs);
