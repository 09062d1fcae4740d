import {
  type Batch,
  type EventStore,
  type FollowOptions,
  StoreError,
  type StoreErrorCode,
} from '#domain/kernel/ports/event-store.ts';

/**
 * What may become of an append. `lost`: not applied, but nobody knows; `unanswered`: applied, but nobody knows; `twice`:
 * delivered twice, and the second answer is heard; `unavailable`, `overloaded`: nothing is done, and the store says so;
 * `conflict`: nothing is done, and somebody else is said to have been faster.
 */
export type Fault = 'lost' | 'unanswered' | 'twice' | 'unavailable' | 'overloaded' | 'conflict' | undefined;

export interface Faults {
  /** Asked before each append. */
  append?(stream: string): Fault;
  /** Asked before each read of a page; of a stream with its name, of all without. True: it fails. */
  read?(stream: string | undefined): boolean;
  /** Leave out what an engine like EventStoreDB does not tell: positions of all but the last event. */
  readonly lastPositionOnly?: boolean;
}

export interface FaultyStore extends EventStore {
  /** Ends every subscription there is, as EventStoreDB does. */
  dropFollowers(code?: StoreErrorCode): void;
  /** Subscriptions alive now. */
  following(): number;
  /** Subscriptions ever begun. */
  followed(): number;
}

/** The faults of the next appends, one after the other; those behind go well. */
export function inTurn(...faults: readonly Fault[]): Faults {
  const left = [...faults];
  return { append: () => left.shift() };
}

/** Subscriptions that can be ended from outside. */
function droppable(inner: Pick<EventStore, 'follow'>) {
  const alive = new Set<AbortController>();
  let followed = 0;
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
  return {
    follow,
    following: () => alive.size,
    followed: () => followed,
    dropFollowers(code: StoreErrorCode = 'unavailable') {
      for (const drop of alive) drop.abort(new StoreError(code, 'the subscription was dropped'));
    },
  };
}

/** A store between its caller and the engine, at which calls go wrong; everything else is the engine's own work. */
export function faultyStore(inner: EventStore, faults: Faults = {}): FaultyStore {
  const append: EventStore['append'] = async (stream, expected, events) => {
    const fault = faults.append?.(stream);
    if (fault === 'lost') throw new StoreError('unknown_outcome', 'the request was lost');
    if (fault === 'unavailable' || fault === 'overloaded') throw new StoreError(fault, 'the store is away');
    if (fault === 'conflict') return { status: 'conflict', actual: 'none' };
    if (fault === 'twice') await inner.append(stream, expected, events);
    const result = await inner.append(stream, expected, events);
    if (fault === 'unanswered') throw new StoreError('unknown_outcome', 'the answer was lost');
    if (faults.lastPositionOnly && result.status === 'appended') {
      const { status, revision, position } = result;
      return { status, revision, position, positions: undefined };
    }
    return result;
  };
  const read = async <T>(stream: string | undefined, page: () => Promise<T>): Promise<T> => {
    if (faults.read?.(stream)) throw new StoreError('unavailable', 'the store is away');
    return page();
  };
  return {
    ...inner,
    ...droppable(inner),
    append,
    readStream: (stream, options) => read(stream, () => inner.readStream(stream, options)),
    readAll: (options) => read(undefined, () => inner.readAll(options)),
  };
}
