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
  /** Wakes the instance then, unless it is woken earlier. False: too late to be kept. */
  setAtLatest(stream: string, at: Instant): boolean;
  stop(): void;
}

/** One alarm of each instance, in order of time, then of stream. */
function alarmsInOrder() {
  const byStream = new Map<string, Alarm>();
  const inOrder: Alarm[] = [];

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

  return {
    of: (stream: string): Alarm | undefined => byStream.get(stream),
    size: (): number => inOrder.length,
    first: (): Alarm | undefined => inOrder[0],
    add(alarm: Alarm): void {
      byStream.set(alarm.stream, alarm);
      inOrder.splice(placeOf(alarm), 0, alarm);
    },
    drop(stream: string): void {
      const alarm = byStream.get(stream);
      if (alarm === undefined) return;
      byStream.delete(stream);
      inOrder.splice(placeOf(alarm), 1);
    },
    dropLast(): Alarm | undefined {
      const last = inOrder.pop();
      if (last !== undefined) byStream.delete(last.stream);
      return last;
    },
  };
}

/**
 * When each instance is to be woken. Keeps the earliest up to a limit and forgets the latest beyond; `refill` is called
 * with the first forgotten moment when everything before it has rung, and sets again what stands from there on.
 */
export function alarms(options: {
  readonly clock: Clock;
  readonly ring: (stream: string) => void;
  readonly refill: (from: Instant) => void;
  readonly limit?: number;
}): Alarms {
  const { clock, ring, refill, limit = sagaLimits.timers } = options;
  const kept = alarmsInOrder();
  let forgottenFrom: Instant | undefined;
  let armed: { readonly at: Instant; readonly cancel: () => void } | undefined;
  let stopped = false;

  function forgetLast(): void {
    const last = kept.dropLast();
    if (last === undefined) return;
    if (forgottenFrom === undefined || last.at < forgottenFrom) forgottenFrom = last.at;
  }

  function ringDue(): void {
    armed = undefined;
    const now = clock.now();
    for (let first = kept.first(); first !== undefined && first.at <= now; first = kept.first()) {
      kept.drop(first.stream);
      ring(first.stream);
    }
    const from = forgottenFrom;
    if (from !== undefined && from <= now) {
      forgottenFrom = undefined;
      refill(from);
    }
    arm();
  }

  /** One call of the clock stands for all: for whatever comes first. */
  function arm(): void {
    const moments = [kept.first()?.at, forgottenFrom].filter((at) => at !== undefined).sort();
    const [at] = moments;
    if (armed?.at === at) return;
    armed?.cancel();
    armed = stopped || at === undefined ? undefined : { at, cancel: clock.at(at, ringDue) };
  }

  function set(stream: string, at: Instant | undefined): boolean {
    if (kept.of(stream)?.at === at) return true;
    kept.drop(stream);
    if (at !== undefined) {
      kept.add({ stream, at });
      if (kept.size() > limit) forgetLast();
    }
    arm();
    return at === undefined || kept.of(stream) !== undefined;
  }

  return {
    get size() {
      return kept.size();
    },
    get next() {
      return kept.first()?.at;
    },
    set,
    setAtLatest: (stream, at) => (kept.of(stream)?.at ?? at) < at || set(stream, at),
    stop() {
      stopped = true;
      armed?.cancel();
    },
  };
}
