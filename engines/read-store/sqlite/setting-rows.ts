import { behind } from '../beginning-with.ts';
import type { Database } from './database.ts';

export const settingOf = (database: Database, name: string): string | undefined =>
  database.one('SELECT value FROM settings WHERE name = ?', name)?.value?.toString();

export const settingsBeginningWith = (database: Database, prefix: string): ReadonlyMap<string, string> =>
  new Map(
    database
      .all('SELECT name, value FROM settings WHERE name >= ? AND name < ?', prefix, behind(prefix))
      .map(({ name, value }) => [String(name), String(value)]),
  );

export const putSetting = (database: Database, name: string, value: string): void => {
  database.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, value);
};
