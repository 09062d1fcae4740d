import { setTimeout as pause } from 'node:timers/promises';
import { plant } from '#test/support/plant.ts';

/** Longer than whoever asks again and again needs to see that nothing more is taken. */
const APPEND_MS = 1_000;

// The history takes its time for every append.
await plant(
  () => import('#engines/event-store/sqlite/store.ts'),
  'openSqliteEventStore',
  (open) => async (options) => {
    const store = await open(options);
    return {
      ...store,
      async append(stream, expected, events) {
        await pause(APPEND_MS);
        return store.append(stream, expected, events);
      },
    };
  },
);
