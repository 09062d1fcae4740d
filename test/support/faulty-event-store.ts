import {
  type Batch,
  type EventStore,
  type FollowOptions,
  StoreError,
  type StoreErrorCode,
} from '#domain/kernel/ports/event-store.ts';

/** What happens to one append. */
export type AppendFault =
  | 'none'
  /** It is applied, but its answer is lost. */
  | 'unknown-applied'
  /** It is lost, and so is its answer. */
  | 'unknown-lost'
  /** The store does nothing and says so. */
  | 'unavailable'
  | 'overloaded'
  /** Somebody else is said to have been faster; nothing is appended. */
  | 'conflict';

export interface FaultyEventStore extends EventStore {
  /** For the next appends, in order; those behind the plan go well. */
  plan(...faults: readonly AppendFault[]): void;
  /** Ends every subscription there is, as EventStoreDB does. */
  dropFollowers(code?: StoreErrorCode): void;
  /** The next so many reads of pages are unavailable. */
  failReads(count: number): void;
  /** Subscriptions alive now, and those ever begun. */
  readonly following: number;
  readonly followed: number;
}

/** A store whose appends, reads and subscriptions fail by plan; everything else is the inner store's own work. */
export function faultyEventStore(inner: EventStore, ...plan: readonly AppendFault[]): FaultyEventStore {
  const faults: AppendFault[] = [...plan];
  const alive = new Set<AbortController>();
  let followed = 0;
  let failingReads = 0;

  const read = <T>(page: () => Promise<T>): Promise<T> => {
    if (failingReads === 0) return page();
    failingReads -= 1;
    return Promise.reject(new StoreError('unavailable', 'a planned failure to read'));
  };

  async function* follow(options: FollowOptions): AsyncGenerator<Batch> {
    const drop = new AbortController();
    alive.add(drop);
    followed += 1;
    try {
      const signal = AbortSignal.any([options.signal, drop.signal]);
      for await (const batch of inner.follow({ ...options, signal })) {
        if (drop.signal.aborted) break;
        yield batch;
      }
      if (drop.signal.aborted) throw drop.signal.reason;
    } finally {
      alive.delete(drop);
    }
  }

  const append: EventStore['append'] = async (stream, expected, events) => {
    const fault = faults.shift() ?? 'none';
    switch (fault) {
      case 'none':
        return inner.append(stream, expected, events);
      case 'unknown-applied':
        await inner.append(stream, expected, events);
        throw new StoreError('unknown_outcome', 'a planned loss of the answer');
      case 'unknown-lost':
        throw new StoreError('unknown_outcome', 'a planned loss of the append');
      case 'unavailable':
      case 'overloaded':
        throw new StoreError(fault, 'a planned refusal');
      case 'conflict': {
        const [last] = await inner.readStream(stream, { direction: 'backwards', limit: 1 });
        return { status: 'conflict', actual: last?.revision ?? 'none' };
      }
      default:
        return fault satisfies never;
    }
  };

  return {
    epoch: inner.epoch,
    append,
    readStream: (stream, options) => read(() => inner.readStream(stream, options)),
    readAll: (options) => read(() => inner.readAll(options)),
    follow,
    head: () => inner.head(),
    close: () => inner.close(),
    plan: (...more) => void faults.push(...more),
    dropFollowers(code = 'unavailable') {
      for (const drop of alive) drop.abort(new StoreError(code, 'a planned drop of the subscription'));
    },
    failReads(count) {
      failingReads = count;
    },
    get following() {
      return alive.size;
    },
    get followed() {
      return followed;
    },
  };
}
