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
const VERSION = 2;

const TABLE = `
  CREATE TABLE IF NOT EXISTS attempt (
    key TEXT PRIMARY KEY, points INTEGER NOT NULL, beganAtMs INTEGER NOT NULL, endsAtMs INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS attempt_begin ON attempt (beganAtMs);
  CREATE INDEX IF NOT EXISTS attempt_end ON attempt (endsAtMs);
  CREATE INDEX IF NOT EXISTS attempt_least ON attempt (points, endsAtMs);`;

interface Row {
  readonly points: number;
  readonly beganAtMs: number;
  readonly endsAtMs: number;
}
/** Not what began later than now, when the clock was wrong: its end would be as far away as the clock was. */
const isLive = ({ beganAtMs, endsAtMs }: Row, nowMs: number): boolean =>
  beganAtMs <= nowMs && endsAtMs > nowMs;

/**
 * Counts in an SQLite file, so that a restart forgives nobody. It is written on the event loop: some ten microseconds beside the
 * tens of milliseconds of the check that is counted.
 *
 * @param file its path, or `:memory:`
 */
export function sqliteAttempts(file: string, limits: AttemptLimits = attemptLimits): AttemptStore {
  const db = expendableDatabase(file, { version: VERSION, tables: TABLE });
  const find = db.prepare('SELECT points, beganAtMs, endsAtMs FROM attempt WHERE key = ?');
  const insert = db.prepare('INSERT INTO attempt (key, points, beganAtMs, endsAtMs) VALUES (?, ?, ?, ?)');
  const update = db.prepare('UPDATE attempt SET points = ?, beganAtMs = ?, endsAtMs = ? WHERE key = ?');
  const remove = db.prepare('DELETE FROM attempt WHERE key = ?');
  const removeEnded = db.prepare(
    'DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE endsAtMs <= ? ORDER BY endsAtMs LIMIT ?)',
  );
  const removeUnbegun = db.prepare(
    'DELETE FROM attempt WHERE key IN (SELECT key FROM attempt WHERE beganAtMs > ? LIMIT ?)',
  );
  const removeLeast = db.prepare(
    'DELETE FROM attempt WHERE key IN (SELECT key FROM attempt ORDER BY points, endsAtMs LIMIT ?)',
  );
  let keys = Number(db.prepare('SELECT count(*) AS keys FROM attempt').get()?.keys);

  function makeRoom(nowMs: number): void {
    if (keys < limits.keys) return;
    const over = [removeEnded, removeUnbegun].map((each) =>
      Number(each.run(nowMs, limits.forgotten).changes),
    );
    const removed = over.reduce((sum, each) => sum + each, 0);
    keys -= removed > 0 ? removed : Number(removeLeast.run(limits.forgotten).changes);
  }

  function found(key: string): Row | undefined {
    const row = find.get(key);
    if (row === undefined) return undefined;
    return { points: Number(row.points), beganAtMs: Number(row.beganAtMs), endsAtMs: Number(row.endsAtMs) };
  }

  return {
    add(key, added, nowMs, lastsMs, anew = false) {
      const known = found(key);
      const live = known !== undefined && !anew && isLive(known, nowMs) ? known : undefined;
      const points = Math.max(0, added + (live?.points ?? 0));
      const { beganAtMs, endsAtMs } = live ?? { beganAtMs: nowMs, endsAtMs: nowMs + lastsMs };
      if (known !== undefined) update.run(points, beganAtMs, endsAtMs, key);
      else {
        makeRoom(nowMs);
        insert.run(key, points, beganAtMs, endsAtMs);
        keys += 1;
      }
      return { points, endsAtMs };
    },
    get(key, nowMs) {
      const known = found(key);
      return known !== undefined && isLive(known, nowMs)
        ? { points: known.points, endsAtMs: known.endsAtMs }
        : undefined;
    },
    delete(key) {
      const isRemoved = remove.run(key).changes > 0;
      if (isRemoved) keys -= 1;
      return isRemoved;
    },
    close: () => db.close(),
  };
}
