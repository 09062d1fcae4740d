import type { PersonId } from '#domain/kernel/ids.ts';
import type { KeyRows, StoredKey } from './held.ts';

/** Keys that end with the process, as a history in memory does. */
export function memoryKeyRows(): KeyRows {
  const rows = new Map<PersonId, StoredKey>();
  const destroyed: PersonId[] = [];
  const find = (people: Iterable<PersonId>): ReadonlyMap<PersonId, StoredKey> =>
    new Map(
      [...people].flatMap((person): [PersonId, StoredKey][] => {
        const row = rows.get(person);
        return row === undefined ? [] : [[person, row]];
      }),
    );
  return {
    find: async (people) => find(people),
    async keep(fresh) {
      for (const [person, key] of fresh) if (!rows.has(person)) rows.set(person, key);
      return find(fresh.keys());
    },
    async destroy(person) {
      const row = rows.get(person);
      if (row === 'destroyed') return;
      row?.fill(0);
      rows.set(person, 'destroyed');
      destroyed.push(person);
    },
    destroyedSince: async (count = destroyed.length) => ({
      people: destroyed.slice(count),
      count: destroyed.length,
    }),
    async destroyedAfter(after, limit) {
      const people = destroyed.slice(after, after + limit);
      return { people, through: after + people.length };
    },
    tryToWrite: async () => undefined,
    close: async () => undefined,
  };
}
