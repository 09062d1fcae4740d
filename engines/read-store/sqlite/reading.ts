import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { sqliteCode } from '../../database-file.ts';
import type { Watched } from '../../standing.ts';

/** Whether SQLite itself has failed; what the store says of a query is left as it is. */
const isFailure = (error: unknown): error is Error =>
  error instanceof Error && sqliteCode(error) !== undefined;

/** Reads, and failures of the engine as the port names them. */
export interface Reading {
  /** @throws ReadStoreError for what SQLite fails with */
  now<T>(read: () => T): T;
  /** The same for what awaits between its steps. */
  inSteps<T>(read: () => Promise<T>): Promise<T>;
}

/** @param engine is told how each went */
export function readingOf(engine: Pick<Watched, 'answered' | 'failed'>): Reading {
  function failure(error: unknown): unknown {
    if (!isFailure(error)) return error;
    engine.failed(error, 'reads');
    return new ReadStoreError(`views.db cannot be read: ${error.message}`, { cause: error });
  }
  return {
    now(read) {
      try {
        const found = read();
        engine.answered('reads');
        return found;
      } catch (error) {
        throw failure(error);
      }
    },
    async inSteps(read) {
      try {
        const found = await read();
        engine.answered('reads');
        return found;
      } catch (error) {
        throw failure(error);
      }
    },
  };
}
