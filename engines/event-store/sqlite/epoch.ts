import { randomUUID } from 'node:crypto';
import { lockForWriting, openForWriting } from './schema.ts';

/**
 * Gives the history in a folder a new name, durably: every token, cursor and checkpoint of the old one is told from then
 * on that it belongs to another history. For a history that was cut short or restored, before anybody opens it.
 *
 * @returns the new epoch
 * @throws StoreError `second_writer`, `unreadable`
 */
export function renewEpoch(folder: string): string {
  const lock = lockForWriting(folder);
  try {
    const epoch = randomUUID();
    const db = openForWriting(folder, epoch);
    try {
      db.prepare('UPDATE history SET epoch = ?').run(epoch);
    } finally {
      db.close();
    }
    return epoch;
  } finally {
    lock.release();
  }
}
