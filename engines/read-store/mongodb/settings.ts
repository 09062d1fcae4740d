import { randomUUID } from 'node:crypto';
import type { ClientSession } from 'mongodb';
import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';
import { behind } from '../beginning-with.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './rows.ts';

/** Settings. What is done again, because nobody knows whether it was done, knows by its own name that it was. */
export function mongoSettings(
  { ask, transaction }: Connection,
  { settings, consumers }: Tables,
): SettingStore {
  const write = (name: string, value: string, by: string, session: ClientSession) =>
    settings.replaceOne({ _id: name }, { value, by }, { session, upsert: true });
  return {
    get: (name) => ask(async () => (await settings.findOne({ _id: name }))?.value),
    beginningWith: (prefix) =>
      ask(async () => {
        const found = await settings.find({ _id: { $gte: prefix, $lt: behind(prefix) } }).toArray();
        return new Map(found.map(({ _id, value }) => [_id, value]));
      }),
    async put(name, value, expected) {
      const by = randomUUID();
      return transaction(async (session) => {
        const there = await settings.findOne({ _id: name }, { session });
        if (there?.by === by) return true;
        if (expected !== undefined && (there?.value ?? null) !== expected) return false;
        await write(name, value, by, session);
        return true;
      });
    },
    async switchOver({ setting, expected, value, consumer, notBehind }) {
      const by = randomUUID();
      return transaction(async (session) => {
        const there = await settings.findOne({ _id: setting }, { session });
        if (there?.by === by) return true;
        if (there?.value !== expected) return false;
        const checkpoint = async (name: string) =>
          (await consumers.findOne({ _id: name }, { session }))?.checkpoint;
        const ahead = await checkpoint(consumer);
        const behind = notBehind === undefined ? undefined : await checkpoint(notBehind);
        if (ahead === undefined || ahead < (behind ?? 0n)) return false;
        await write(setting, value, by, session);
        return true;
      });
    },
  };
}
