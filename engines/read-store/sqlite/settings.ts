import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';
import type { Database } from './database.ts';
import type { Reading } from './reading.ts';
import { settingOf, settingsBeginningWith } from './setting-rows.ts';
import type { Writing } from './writing.ts';

export const sqliteSettings = (database: Database, writing: Writing, reading: Reading): SettingStore => ({
  get: async (name) => reading.now(() => settingOf(database, name)),
  beginningWith: async (prefix) => reading.now(() => settingsBeginningWith(database, prefix)),
  put: (name, value, expected) => writing.operate('putSetting', name, value, expected),
  switchOver: (change) => writing.operate('switchOver', change),
});
