import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';

/** All of it, in order. */
export async function wholeOf(store: Pick<EventStore, 'readAll'>): Promise<readonly StoredEvent[]> {
  const all: StoredEvent[] = [];
  for (let after = 0n; ; ) {
    const { events, through, end } = await store.readAll({ after, limit: storeLimits.pageEvents });
    all.push(...events);
    if (end) return all;
    after = through;
  }
}
