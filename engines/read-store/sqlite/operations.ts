import type { ConsumerRows } from './consumer-rows.ts';
import type { Database } from './database.ts';
import type { DocumentWriting } from './document-writing.ts';
import { putSetting, settingOf } from './setting-rows.ts';
import type { Operations } from './wire.ts';

/** All that changes the store but commits, each in a transaction of its own. */
export function operationsOn(
  database: Database,
  documents: DocumentWriting,
  consumers: ConsumerRows,
): Operations {
  return {
    declare: (collection) => documents.declare(collection),
    drop: (collection) => documents.drop(collection),
    lease: (...asked) => consumers.lease(...asked),
    release: (lease) => consumers.release(lease),
    forget: (consumer) => consumers.forget(consumer),
    requestRetry: (consumer, key) => consumers.requestRetry(consumer, key),
    putSetting: (name, value, expected) =>
      database.transaction(() => {
        if (expected !== undefined && (settingOf(database, name) ?? null) !== expected) return false;
        putSetting(database, name, value);
        return true;
      }),
    switchOver: ({ setting, expected, value, consumer, notBehind }) =>
      database.transaction(() => {
        if (settingOf(database, setting) !== expected) return false;
        const ahead = consumers.checkpoint(consumer);
        const behind = notBehind === undefined ? undefined : consumers.checkpoint(notBehind);
        if (ahead === undefined || ahead < (behind ?? 0n)) return false;
        putSetting(database, setting, value);
        return true;
      }),
    writeSnapshot(name, snapshot) {
      if (snapshot === null) database.run('DELETE FROM snapshots WHERE stream = ?', name);
      else database.run('INSERT OR REPLACE INTO snapshots VALUES (?, ?)', name, snapshot);
    },
    reset() {
      documents.dropAll();
      database.transaction(() => {
        for (const table of ['consumers', 'parked', 'parked_positions', 'settings', 'snapshots'])
          database.run(`DELETE FROM ${table}`);
      });
    },
  };
}
