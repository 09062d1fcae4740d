import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/** Level by level, because Node's own recursive way never comes back from a parent that takes no folders, like `/proc`. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) make(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been faster.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** The files of a store by the names that SQLite gives them, and the lock. */
const isStoreFile = (name: string): boolean => /\.(db(-wal|-shm)?|lock)$/.test(name);

/**
 * Makes the folder where it is missing, and proves that the databases in it may be written: SQLite would silently open
 * what may not for reading only, and say so at the first write.
 *
 * @throws what the system says of the first path that cannot be used
 */
export function writableFolder(folder: string): void {
  make(folder);
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const name of readdirSync(folder))
    if (isStoreFile(name)) accessSync(join(folder, name), constants.R_OK | constants.W_OK);
}
