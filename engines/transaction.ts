import type { DatabaseSync } from 'node:sqlite';

/** Everything that is done in it, or nothing. The write lock is taken at once. @throws what the work throws, and what SQLite does */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = work();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    // Some errors have already undone it.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
