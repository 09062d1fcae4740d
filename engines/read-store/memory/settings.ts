import type { SettingStore } from '#domain/kernel/ports/setting-store.ts';
import type { Consumers } from './consumers.ts';

export const memorySettings = (settings: Map<string, string>, consumers: Consumers): SettingStore => ({
  get: async (name) => settings.get(name),
  beginningWith: async (prefix) => new Map([...settings].filter(([name]) => name.startsWith(prefix))),
  async put(name, value, expected) {
    const there = settings.get(name) ?? null;
    if (expected !== undefined && there !== expected) return false;
    settings.set(name, value);
    return true;
  },
  async switchOver({ setting, expected, value, consumer, notBehind }) {
    if (settings.get(setting) !== expected) return false;
    const ahead = consumers.get(consumer)?.checkpoint;
    const behind = notBehind === undefined ? undefined : consumers.get(notBehind)?.checkpoint;
    if (ahead === undefined || ahead < (behind ?? 0n)) return false;
    settings.set(setting, value);
    return true;
  },
});
