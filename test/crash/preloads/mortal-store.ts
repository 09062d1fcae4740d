import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import {
  openSqliteEventStore as open,
  type SqliteEventStoreOptions,
} from '#engines/event-store/sqlite/store.ts';

/** So many appends of this life become durable; then it dies right before the next, or right after the last. */
const before = Number(process.env.DIE_BEFORE_APPEND_BEHIND ?? Number.POSITIVE_INFINITY);
const after = Number(process.env.DIE_AFTER_APPEND ?? Number.POSITIVE_INFINITY);

/** SIGKILL takes effect before the call returns: nothing of this process goes on. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The real store, whose process dies right before an append is handed in, or right after it has become durable. */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const store = await open(options);
  let appended = 0;
  return {
    ...store,
    async append(stream, expected, events) {
      // Several may be on their way at once: of those that have begun, none is kept from its end.
      if (appended >= before) die();
      const result = await store.append(stream, expected, events);
      appended += 1;
      if (appended >= after) die();
      return result;
    },
  };
}
