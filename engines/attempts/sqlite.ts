import type { AttemptStore } from '#domain/kernel/ports/attempts.ts';
import { expendableDatabase } from '../expendable-database.ts';

export interface AttemptLimits {
  /** Keys, of some 100 bytes each. */
  readonly keys: number;
  /** Of them so many make room at a time where all are in use. */
  readonly forgotten: number;
}

export const attemptLimits: AttemptLimits = { keys: 200_000, forgotten: 200 };

/** Of the table below. Another version is thrown away: a day later nobody would miss it. */
const VERSION = 1;

const TABLE = `
  CREATE TABLE IF NOT EXISTS attempt (
    key TEXT PRIMARY KEY, points INTEGER NOT NULL, endsAtMs INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempt_end ON attempt (endsAtMs);
  CREATE INDEX IF NOT EXISTS attempt_least ON attempt (points, endsAtMs);`;

/**
 * Counts in an SQLite file, so that a restart forgives nobody. It is written on the event loop: some ten microseconds beside the
 * tens of milliseconds of the check that is counted.
 *
 * @param file its path, or `:memory:`
 */
export function sqliteAttempts(file: string, limits: AttemptLimits = attemptLimits): AttemptStore {
  const db = expendableDatabase(file, { version: VERSION, tables: TABLE });
  const find = db.prepare('SELECT points, endsAtMs FROM attempt WHERE key = ?');
  const insert = db.prepare('INSERT INTO attempt (key, points, endsAtMs) VALUES (?, ?, ?)');
  const update = db.prepare('UPDATE attempt SET points = ?, endsAtMs = ? WHERE key = ?');
  const remove = db.prepare('DELETE FROM attempt WHERE key = ?');
  const removeEnded = db.prepare(
    'DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE endsAtMs <= ? ORDER BY endsAtMs LIMIT ?)',
  );
  const removeLeast = db.prepare(
    'DELETE FROM attempt WHERE key IN (SELECT key FROM attempt ORDER BY points, endsAtMs LIMIT ?)',
  );
  let keys = Number(db.prepare('SELECT count(*) AS keys FROM attempt').get()?.keys);

  function makeRoom(nowMs: number): void {
    if (keys < limits.keys) return;
    const ended = Number(removeEnded.run(nowMs, limits.forgotten).changes);
    keys -= ended > 0 ? ended : Number(removeLeast.run(limits.forgotten).changes);
  }

  return {
    add(key, added, nowMs, lastsMs, anew = false) {
      const found = find.get(key);
      const goesOn = found !== undefined && !anew && Number(found.endsAtMs) > nowMs;
      const points = Math.max(0, added + (goesOn ? Number(found.points) : 0));
      const endsAtMs = goesOn ? Number(found.endsAtMs) : nowMs + lastsMs;
      if (found !== undefined) update.run(points, endsAtMs, key);
      else {
        makeRoom(nowMs);
        insert.run(key, points, endsAtMs);
        keys += 1;
      }
      return { points, endsAtMs };
    },
    get(key, nowMs) {
      const found = find.get(key);
      if (found === undefined || Number(found.endsAtMs) <= nowMs) return undefined;
      return { points: Number(found.points), endsAtMs: Number(found.endsAtMs) };
    },
    delete(key) {
      const isRemoved = remove.run(key).changes > 0;
      if (isRemoved) keys -= 1;
      return isRemoved;
    },
    close: () => db.close(),
  };
}
