import { BEGINNING, type Position, type StoredEvent } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { HistoryReader } from '../history/reader.ts';

/** The end of the history as it grows, of some streams. */
export interface Tail {
  /** Resolves when everything that comes from now on is told. */
  readonly begun: Promise<void>;
  /** Resolves with true when it has come to the position, with false after the time. */
  reached(position: Position, timeoutMs: number): Promise<boolean>;
  stop(): void;
}

interface TailOptions {
  readonly feed: EventFeed;
  readonly store: Pick<HistoryReader, 'head'>;
  readonly clock: Clock;
  /** What the names of its streams begin with. */
  readonly prefix: string;
  readonly told: (event: StoredEvent) => void;
  /** @param error undefined: it was stopped */
  readonly ended: (tail: Tail, error: Error | undefined) => void;
}

export function startTail({ feed, store, clock, prefix, told, ended }: TailOptions): Tail {
  const stopped = new AbortController();
  const begun = Promise.withResolvers<void>();
  const waiting = new Set<() => void>();
  let through = BEGINNING;

  async function run(): Promise<void> {
    // Known before any stream is read: what comes behind the read is then told from here.
    through = await store.head();
    begun.resolve();
    const filter = { streams: [prefix] };
    for await (const batch of feed.follow({ after: through, filter, signal: stopped.signal })) {
      for (const event of batch.events) told(event);
      through = batch.through;
      for (const check of waiting) check();
    }
  }

  const tail: Tail = {
    begun: begun.promise,
    reached(position, timeoutMs) {
      if (through >= position) return Promise.resolve(true);
      return new Promise((resolve) => {
        const done = (has: boolean): void => {
          waiting.delete(check);
          cancel();
          resolve(has);
        };
        const check = (): void => {
          if (through >= position) done(true);
        };
        const cancel = clock.at(later(clock.now(), timeoutMs), () => done(false));
        waiting.add(check);
      });
    },
    stop: () => stopped.abort(),
  };
  run().then(
    () => ended(tail, undefined),
    (error: Error) => {
      begun.reject(error);
      ended(tail, error);
    },
  );
  // Whoever waits for it is told; nobody need wait.
  begun.promise.catch(() => undefined);
  return tail;
}
