import type { StoredEvent } from '#domain/kernel/envelope.ts';
import type { EventFilter } from '#domain/kernel/ports/event-store.ts';

export type Matches = (event: Pick<StoredEvent, 'stream' | 'type'>) => boolean;

/** The filter as a question to one event. An empty list names nothing, so nothing matches it. */
export function matcher(filter: EventFilter | undefined): Matches {
  const { streams } = filter ?? {};
  const types = filter?.types && new Set(filter.types);
  if (!streams) return types ? ({ type }) => types.has(type) : () => true;
  return ({ stream, type }) =>
    (!types || types.has(type)) && streams.some((prefix) => stream.startsWith(prefix));
}
