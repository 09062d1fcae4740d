import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { answering, callOf } from './read-store-calls.ts';

// What stands between a process and the stores that outlive it: here it is cut off, and here its appends are held back.

/** The event that an append would write first, as far as a test asks for it. */
type Appending = Pick<StoredEvent, 'stream' | 'type'>;

/** Appends that wait until they are let through. */
export interface HeldBack {
  /** Resolves when the first append waits. */
  readonly reached: Promise<void>;
  release(): void;
}

export interface Lifeline {
  readonly store: EventStore;
  readonly readStore: ReadStore;
  /** Resolves when the process has been cut off. */
  readonly dead: Promise<void>;
  readonly isDead: () => boolean;
  /** How many appends of the process have been applied. */
  readonly appends: () => number;
  /** From now on the process reaches nothing any more: it is dead, whatever its code still does. */
  cut(): void;
  /** Cuts it right after the append that brings the count to `count`: that one is durable, and nobody learns of it. */
  cutAfter(count: number): void;
  /** Holds back the appends that match, and none behind the release. */
  holdBack(matches: (append: Appending) => boolean): HeldBack;
}

export function lifeline(outer: { readonly store: EventStore; readonly readStore: ReadStore }): Lifeline {
  const { store, readStore } = outer;
  const death = Promise.withResolvers<void>();
  const holding = new Set<{
    readonly matches: (append: Appending) => boolean;
    readonly wait: () => Promise<void>;
    readonly release: () => void;
  }>();
  let isDead = false;
  let appends = 0;
  let lastAppend = Number.POSITIVE_INFINITY;

  const alive = (): void => {
    if (isDead) throw new StoreError('closed', 'the process is dead');
  };
  const cut = (): void => {
    isDead = true;
    death.resolve();
    // What was held back is not applied any more, but whoever waits for it learns that.
    for (const rule of holding) rule.release();
  };

  return {
    dead: death.promise,
    isDead: () => isDead,
    appends: () => appends,
    cut,
    cutAfter(count) {
      lastAppend = count;
    },
    holdBack(matches) {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const rule = {
        matches,
        wait() {
          reached.resolve();
          return released.promise;
        },
        release: released.resolve,
      };
      holding.add(rule);
      return {
        reached: reached.promise,
        release() {
          holding.delete(rule);
          released.resolve();
        },
      };
    },
    store: {
      ...store,
      async append(stream, expected, events) {
        alive();
        const type = events[0]?.type ?? '';
        for (const rule of holding) if (rule.matches({ stream, type })) await rule.wait();
        alive();
        const result = await store.append(stream, expected, events);
        alive();
        if (result.status === 'appended') appends += 1;
        if (appends >= lastAppend) cut();
        alive();
        return result;
      },
    },
    readStore: answering(readStore, async (call) => {
      alive();
      const result = await callOf(readStore, call);
      alive();
      return result;
    }),
  };
}
