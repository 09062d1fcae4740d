import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

// The history that an older commit's code has written, as text that can be kept with the project.

const asLiteral = (value: SQLOutputValue | undefined): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value ?? 'NULL');

/** The file of events in a folder as SQL that makes it again. */
export function historyAsSql(folder: string): string {
  const db = new DatabaseSync(join(folder, 'events.db'), { readOnly: true });
  try {
    const pragmas = ['application_id', 'user_version'].map(
      (name) => `PRAGMA ${name} = ${asLiteral(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0])};`,
    );
    const schema = db.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
    const rows = schema
      .filter(({ type }) => type === 'table')
      .flatMap(({ name }) =>
        db
          .prepare(`SELECT * FROM ${name} ORDER BY 1`)
          .all()
          .map((row) => `INSERT INTO ${name} VALUES (${Object.values(row).map(asLiteral).join(', ')});`),
      );
    return `${[...pragmas, ...schema.map(({ sql }) => `${sql};`), ...rows].join('\n')}\n`;
  } finally {
    db.close();
  }
}

/** Makes a folder of a kept history that ends behind so many events. Nothing else is in it: no view, no checkpoint. */
export function folderOf(sql: string, folder: string, events = Number.MAX_SAFE_INTEGER): string {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, 'events.db'));
  db.exec(`PRAGMA journal_mode = WAL; BEGIN; ${sql} COMMIT`);
  db.prepare('DELETE FROM event WHERE position > ?').run(events);
  for (const name of ['stream', 'type'])
    db.exec(`DELETE FROM ${name} WHERE id NOT IN (SELECT ${name} FROM event)`);
  db.close();
  return folder;
}
