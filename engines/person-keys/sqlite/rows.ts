import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { askedThread } from '../../asked-thread.ts';
import type { KeyRows, StoredKey } from '../held.ts';
import type { KeyDatabase } from './database.ts';
import type { KeysAt } from './worker.ts';

type Rows = ReturnType<KeyDatabase['find']>;
const stored = (rows: Rows): ReadonlyMap<string, StoredKey> =>
  new Map(rows.map(([person, wrapped]) => [person, wrapped ?? 'destroyed']));

/**
 * Keys in an SQLite file, made with the first question. Many processes may work on one.
 *
 * @param wrappedBy names the master key, and does not tell it: under another one the file is refused
 */
export function sqliteKeyRows(path: string, wrappedBy: string): KeyRows {
  const { ask, close } = askedThread<KeyDatabase>({
    worker: new URL('./worker.ts', import.meta.url),
    data: { path, wrappedBy } satisfies KeysAt,
    unavailable: (why) =>
      new StoreError('unavailable', `the keys of people in ${path} cannot be used: ${why}`),
  });
  return {
    find: async (people) => stored(await ask('find', people)),
    keep: async (fresh) => stored(await ask('keep', [...fresh])),
    destroy: (person) => ask('destroy', person),
    destroyedSince: (count) => ask('destroyedSince', count),
    destroyedAfter: (after, limit) => ask('destroyedAfter', after, limit),
    tryToWrite: () => ask('tryToWrite'),
    close,
  };
}
