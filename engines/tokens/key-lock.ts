import { access } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pause } from '#runtime/pause.ts';
import { systemClock } from '../clock/system.ts';
import { sqliteCode } from '../database-file.ts';

const SQLITE_BUSY = 5;
/** Between two tries, in milliseconds. Making two keys takes about a second. */
const AGAIN_MS = 50;
const MOST_TRIES = 600;

/** @returns undefined: another has it */
function taken(file: string): DatabaseSync | undefined {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
    return undefined;
  }
}

/**
 * Does what reads a file of keys and replaces it, while nobody else does: who has read it before another has replaced it would bring back
 * what that one has dropped. The lock is the operating system's, on a file beside it that holds nothing: it ends with its process.
 *
 * @throws what the system says of a file that is not there; TypeError where others keep it for half a minute
 */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  await access(path);
  const file = `${path}.lock`;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const lock = taken(file);
    if (lock === undefined) {
      await pause(systemClock(), AGAIN_MS);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.close();
    }
  }
  throw new TypeError(`another process is replacing the keys in ${path}: try it later`);
}
