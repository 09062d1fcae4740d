import type { Database } from './database.ts';

export const settingOf = (database: Database, name: string): string | undefined =>
  database.one('SELECT value FROM settings WHERE name = ?', name)?.value?.toString();

export const putSetting = (database: Database, name: string, value: string): void => {
  database.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, value);
};
