import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { sqliteCode } from '../../database-file.ts';

/** What SQLite itself fails with, as the port names it; what the store says of a query is left as it is. */
export const readFailure = (error: unknown): unknown =>
  error instanceof Error && sqliteCode(error) !== undefined
    ? new ReadStoreError(`views.db cannot be read: ${error.message}`, { cause: error })
    : error;

/** @throws ReadStoreError for what SQLite fails with */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readFailure(error);
  }
}
