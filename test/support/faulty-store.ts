import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';

/**
 * What may become of a call. `lost`: not applied, but nobody knows; `unanswered`: applied, but nobody knows; `twice`:
 * delivered twice, and the second answer is heard.
 */
export type Fault = 'lost' | 'unanswered' | 'twice' | 'unavailable' | 'conflict' | undefined;

export interface Faults {
  /** Asked before each append. */
  append?(stream: string): Fault;
  /** Asked before each read of a stream. True: it fails. */
  read?(stream: string): boolean;
  /** Leave out what an engine like EventStoreDB does not tell: positions of all but the last event. */
  readonly lastPositionOnly?: boolean;
}

/** A store between its caller and the engine, at which calls go wrong. */
export function faultyStore(inner: EventStore, faults: Faults): EventStore {
  return {
    ...inner,
    async append(stream, expected, events) {
      const fault = faults.append?.(stream);
      if (fault === 'lost') throw new StoreError('unknown_outcome', 'the request was lost');
      if (fault === 'unavailable') throw new StoreError('unavailable', 'the store is away');
      if (fault === 'conflict') return { status: 'conflict', actual: 'none' };
      if (fault === 'twice') await inner.append(stream, expected, events);
      const result = await inner.append(stream, expected, events);
      if (fault === 'unanswered') throw new StoreError('unknown_outcome', 'the answer was lost');
      if (faults.lastPositionOnly && result.status === 'appended') {
        const { status, revision, position } = result;
        return { status, revision, position, positions: undefined };
      }
      return result;
    },
    async readStream(stream, options) {
      if (faults.read?.(stream)) throw new StoreError('unavailable', 'the store is away');
      return inner.readStream(stream, options);
    },
  };
}
