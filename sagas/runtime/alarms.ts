import type { Instant } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { sagaLimits } from './limits.ts';

interface Alarm {
  readonly stream: string;
  readonly at: Instant;
}

export interface Alarms {
  readonly size: number;
  /** The moment of the next alarm that is kept. */
  readonly next: Instant | undefined;
  /** The instance's next moment, instead of the one before; undefined: it waits for none. False: too late to be kept. */
  set(stream: string, at: Instant | undefined): boolean;
  stop(): void;
}

/**
 * When each instance is to be woken. Keeps the earliest up to a limit and forgets the latest beyond; `fetch` is called
 * with the first forgotten moment when everything before it has rung, and sets again what stands from there on.
 */
export function alarms(options: {
  readonly clock: Clock;
  readonly ring: (stream: string) => void;
  readonly fetch: (from: Instant) => void;
  readonly limit?: number;
}): Alarms {
  const { clock, ring, fetch, limit = sagaLimits.timers } = options;
  const kept = new Map<string, Alarm>();
  /** The same in order of time, then of stream. */
  const inOrder: Alarm[] = [];
  let forgottenFrom: Instant | undefined;
  let armed: { readonly at: Instant; readonly cancel: () => void } | undefined;
  let stopped = false;

  function placeOf({ at, stream }: Alarm): number {
    let [low, high] = [0, inOrder.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = inOrder[middle];
      if (there !== undefined && (there.at < at || (there.at === at && there.stream < stream)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function drop(stream: string): void {
    const alarm = kept.get(stream);
    if (alarm === undefined) return;
    kept.delete(stream);
    inOrder.splice(placeOf(alarm), 1);
  }

  function forgetLatest(): void {
    const latest = inOrder.pop();
    if (latest === undefined) return;
    kept.delete(latest.stream);
    if (forgottenFrom === undefined || latest.at < forgottenFrom) forgottenFrom = latest.at;
  }

  function ringDue(): void {
    armed = undefined;
    const now = clock.now();
    for (let first = inOrder[0]; first !== undefined && first.at <= now; first = inOrder[0]) {
      drop(first.stream);
      ring(first.stream);
    }
    const from = forgottenFrom;
    if (from !== undefined && from <= now) {
      forgottenFrom = undefined;
      fetch(from);
    }
    arm();
  }

  /** One call of the clock stands for all: for whatever comes first. */
  function arm(): void {
    const moments = [inOrder[0]?.at, forgottenFrom].filter((at) => at !== undefined).sort();
    const [at] = moments;
    if (armed?.at === at) return;
    armed?.cancel();
    armed = stopped || at === undefined ? undefined : { at, cancel: clock.at(at, ringDue) };
  }

  return {
    get size() {
      return kept.size;
    },
    get next() {
      return inOrder[0]?.at;
    },
    set(stream, at) {
      if (kept.get(stream)?.at === at) return true;
      drop(stream);
      if (at !== undefined) {
        const alarm = { stream, at };
        kept.set(stream, alarm);
        inOrder.splice(placeOf(alarm), 0, alarm);
        if (inOrder.length > limit) forgetLatest();
      }
      arm();
      return at === undefined || kept.has(stream);
    },
    stop() {
      stopped = true;
      armed?.cancel();
    },
  };
}
