import { type Instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** A clock that stands still until it is told to go on. */
export interface SimulatedClock extends Clock {
  /**
   * Goes on to `moment`, calling back whatever falls due on the way: in order of time, then of asking, each at its own
   * moment. A moment that is past changes nothing. Work that a callback starts is the caller's to wait for.
   */
  advanceTo(moment: Instant): void;
  /** The earliest moment somebody waits for. */
  next(): Instant | undefined;
}

interface Waiting {
  readonly moment: Instant;
  readonly due: () => void;
}

/** Makes a clock that starts at `start` and only moves forwards. */
export function simulatedClock({ start }: { readonly start: Instant }): SimulatedClock {
  let now = start;
  /** In order of moment, then of asking. */
  const waiting: Waiting[] = [];

  /** Where a new one belongs: behind all of the same moment. Binary search, since thousands of lots wait for their end. */
  function placeOf(moment: Instant): number {
    const ms = millisecondsOf(moment);
    let [low, high] = [0, waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = waiting[middle];
      if (there !== undefined && millisecondsOf(there.moment) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function cancel(entry: Waiting): boolean {
    const place = waiting.indexOf(entry);
    if (place >= 0) waiting.splice(place, 1);
    return place >= 0;
  }

  return {
    now: () => now,
    next: () => waiting[0]?.moment,
    at(moment, due) {
      const entry: Waiting = { moment, due };
      waiting.splice(placeOf(moment), 0, entry);
      // What is due already is called back soon, as by a real clock, and never from within this call.
      if (millisecondsOf(moment) <= millisecondsOf(now)) queueMicrotask(() => cancel(entry) && due());
      return () => {
        cancel(entry);
      };
    },
    advanceTo(moment) {
      const until = millisecondsOf(moment);
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        if (millisecondsOf(first.moment) > until) break;
        waiting.shift();
        if (millisecondsOf(first.moment) > millisecondsOf(now)) now = first.moment;
        first.due();
      }
      if (until > millisecondsOf(now)) now = moment;
    },
  };
}
