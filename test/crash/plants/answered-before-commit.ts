import { plant } from '#test/support/plant.ts';

// Appends are answered when they are in the transaction; the commit follows when there is time.
await plant(
  () => import('#engines/event-store/sqlite/tables.ts'),
  'writerTables',
  (writerTables) => (db) => {
    const tables = writerTables(db);
    return {
      ...tables,
      commit() {
        if (performance.now() % 100 < 40) tables.commit();
      },
    };
  },
);
