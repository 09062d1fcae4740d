/** How often something was tried. */
export interface AttemptCount {
  readonly points: number;
  /** The moment from which on it counts anew, in milliseconds of the epoch. */
  readonly endsAtMs: number;
}

/**
 * Counts that end, by key. It takes what it is asked in the order in which it is asked, before it answers, so that whoever asks
 * at the same time is counted too. It has room for a bounded number of keys: where that is over, the smallest counts that end
 * soonest are forgotten first, so that a flood of fresh keys does not wash away those that were tried often. What began later than
 * it is now is over: the clock was wrong then, and nobody waits for as long as it was.
 */
export interface AttemptStore {
  /**
   * Adds to a count, never below zero, and answers what it has come to.
   *
   * @param lastsMs how long it counts if it begins with this; `anew` begins it in any case
   */
  add(key: string, points: number, nowMs: number, lastsMs: number, anew?: boolean): AttemptCount;
  /** undefined: nothing is counted now. */
  get(key: string, nowMs: number): AttemptCount | undefined;
  /** Whether there was such a count, ended or not. */
  delete(key: string): boolean;
  close(): void;
}
