import { doubled } from '#runtime/pause.ts';

/** Every bound of the consumer loop, with its unit. */
export const consumerLimits = {
  /** One handle and one commit take at most this many events. */
  eventsPerCommit: 500,
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

/** Doubles with each failure in a row, up to the longest pause. */
export const pauseAfter = (failures: number): number =>
  doubled(failures, consumerLimits.firstPauseMs, consumerLimits.longestPauseMs);
