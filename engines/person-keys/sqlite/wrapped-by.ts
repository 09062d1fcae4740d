import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * What names the master key that the keys in a file were kept under. Nothing is made or written. Undefined: there is no file, or it cannot
 * be read now, of which the first question tells more.
 */
export function wrappedByIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    try {
      const row = db.prepare('SELECT name FROM master').get();
      return typeof row?.name === 'string' ? row.name : undefined;
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}
