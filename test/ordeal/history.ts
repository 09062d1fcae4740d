import { openHistory } from '#compose/stores.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { type EventStore, storeLimits } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';

/** The history in a platform's folder, beside whoever writes it. */
export async function withHistory<T>(folder: string, use: (store: EventStore) => Promise<T>): Promise<T> {
  const at = { profile: 'embedded', folder } as const;
  const store = await openHistory(at, { clock: systemClock(), readOnly: true });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

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
