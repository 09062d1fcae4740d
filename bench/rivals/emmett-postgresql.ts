import { endAllPools } from '@event-driven-io/dumbo';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { startPostgres } from './postgres.ts';
import type { Rival } from './rival.ts';

/** emmett on PostgreSQL as it comes: a pool of ten connections, every commit synced. */
export async function emmettPostgresql(): Promise<Rival> {
  const server = await startPostgres();
  const store = getPostgreSQLEventStore(server.url);
  try {
    await store.schema.migrate();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    what: '@event-driven-io/emmett-postgresql 0.42.0 as it comes, on a PostgreSQL 18 of its own',
    append: (stream, event) => store.appendToStream(stream, [event]),
    async close() {
      await store.close();
      // It keeps a pool beyond its own end, whose connections must be gone before the server is.
      await endAllPools();
      await server.stop();
    },
  };
}
