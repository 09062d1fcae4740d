import { setTimeout as pause } from 'node:timers/promises';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import {
  openSqliteEventStore as open,
  type SqliteEventStoreOptions,
} from '#engines/event-store/sqlite/store.ts';

/** Longer than whoever asks again and again needs to see that nothing more is taken. */
const APPEND_MS = 1_000;

/** The real store, in which an append lasts. */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const store = await open(options);
  return {
    ...store,
    async append(stream, expected, events) {
      await pause(APPEND_MS);
      return store.append(stream, expected, events);
    },
  };
}
