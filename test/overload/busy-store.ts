import { later } from '#domain/kernel/instant.ts';
import type { AppendResult, EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** How quickly a store works, exactly: `eventsPerCommit` events become durable together, and that takes `commitMs`. */
export interface Speed {
  readonly commitMs: number;
  readonly eventsPerCommit: number;
}

export interface BusyStore extends EventStore {
  /** From the next commit on. */
  work(speed: Speed): void;
  /** Appends that are not durable yet. */
  waiting(): number;
  /** Commands a second that each record one event. */
  capacity(): number;
}

interface Append {
  readonly events: number;
  readonly apply: () => Promise<AppendResult>;
  readonly resolve: (result: Promise<AppendResult>) => void;
}

/**
 * A store with one disk, in simulated time: appends that wait are committed in groups, one group after the other, in the
 * order of their coming. An append of many events takes as many commits as it fills.
 */
export function busyStore(inner: EventStore, clock: Clock, start: Speed): BusyStore {
  let speed = start;
  let queue: Append[] = [];
  let working = 0;

  function commit(): void {
    const { commitMs, eventsPerCommit } = speed;
    let events = 0;
    let count = 0;
    for (const append of queue) {
      if (count > 0 && events + append.events > eventsPerCommit) break;
      events += append.events;
      count += 1;
    }
    const group = queue.slice(0, count);
    queue = queue.slice(count);
    working = group.length;
    if (count === 0) return;
    const tookMs = commitMs * Math.ceil(events / eventsPerCommit);
    clock.at(later(clock.now(), tookMs), () => {
      for (const { apply, resolve } of group) resolve(apply());
      commit();
    });
  }

  return {
    ...inner,
    append: (stream, expected, events) =>
      new Promise((resolve) => {
        const apply = () => inner.append(stream, expected, events);
        queue.push({ events: events.length, apply, resolve });
        if (working === 0) commit();
      }),
    work(next) {
      speed = next;
    },
    waiting: () => queue.length + working,
    capacity: () => (speed.eventsPerCommit * 1_000) / speed.commitMs,
  };
}
