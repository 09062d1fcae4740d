import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Position, StoredEvent } from '#domain/kernel/envelope.ts';
import type { Matches } from '../event-store/filter.ts';

/** A piece of history without gaps: every event behind `after` up to `through`. */
export interface Ring {
  /** Is everything behind `position` that has been seen still here? */
  covers(position: Position): boolean;
  put(events: readonly StoredEvent[], through: Position): void;
  /** What matches behind a position, at most `limit` events, and how far that reaches; undefined with nothing behind it. */
  behind(
    position: Position,
    matches: Matches,
    limit: number,
  ): { readonly events: readonly StoredEvent[]; readonly through: Position } | undefined;
  size(): { readonly events: number; readonly bytes: number };
}

/** Objects take some times what their text does. */
const BYTES_PER_CHARACTER = 3;

/** Roughly what JSON takes in memory, in bytes; it only has to bound, not to account. */
const weight = (value: JsonObject): number => BYTES_PER_CHARACTER * JSON.stringify(value).length;

/** The most recent events behind `start`, at most `ringEvents` of them and about `ringBytes`. */
export function eventRing(start: Position, limits: { ringEvents: number; ringBytes: number }): Ring {
  let events: StoredEvent[] = [];
  let weights: number[] = [];
  /** The entries before this one have left; the arrays are cut now and then, not at each event. */
  let first = 0;
  let bytes = 0;
  let after = start;
  let through = start;

  function dropOldest(): void {
    const oldest = events[first];
    if (!oldest) return;
    after = oldest.position;
    bytes -= weights[first] ?? 0;
    first += 1;
    if (first * 2 < events.length) return;
    events = events.slice(first);
    weights = weights.slice(first);
    first = 0;
  }

  function indexBehind(position: Position): number {
    let low = first;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = events[middle];
      if (event && event.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    covers: (position) => position >= after,
    put(arrived, reached) {
      for (const event of arrived) {
        const eventBytes = weight(event.data) + weight(event.metadata);
        events.push(event);
        weights.push(eventBytes);
        bytes += eventBytes;
      }
      through = reached;
      while (
        events.length - first > limits.ringEvents ||
        (bytes > limits.ringBytes && first < events.length)
      ) {
        dropOldest();
      }
    },
    behind(position, matches, limit) {
      if (position >= through) return undefined;
      const found: StoredEvent[] = [];
      for (let at = indexBehind(position); at < events.length; at++) {
        const event = events[at];
        if (!event || !matches(event)) continue;
        found.push(event);
        if (found.length === limit) return { events: found, through: event.position };
      }
      return { events: found, through };
    },
    size: () => ({ events: events.length - first, bytes }),
  };
}
