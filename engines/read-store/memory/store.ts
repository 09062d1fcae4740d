import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { OneMoment, ReadStore } from '#domain/kernel/ports/read-store.ts';
import { alwaysUp } from '../../standing.ts';
import { type Consumers, memoryConsumers } from './consumers.ts';
import { type Collections, memoryDocuments, scanOf } from './documents.ts';
import { memorySettings } from './settings.ts';
import { memorySnapshots } from './snapshots.ts';

/** The four ports in memory, for tests and for `verify`: the whole contract, nothing durable. */
export function memoryReadStore(): ReadStore {
  const collections: Collections = new Map();
  const consumers: Consumers = new Map();
  const settings = new Map<string, string>();
  const snapshots = new Map<string, JsonObject>();

  /** Documents are never changed in place, so copies of the maps are the store as it is now. */
  function now(): OneMoment {
    const documents = new Map([...collections].map(([name, it]) => [name, new Map(it.documents)]));
    const checkpoints = new Map([...consumers].map(([name, it]) => [name, it.checkpoint]));
    const named = new Map(settings);
    return {
      documents: { scan: async (name, after, limit) => scanOf(documents.get(name), name, after, limit) },
      consumers: { checkpoint: async (consumer) => checkpoints.get(consumer) },
      settings: { get: async (name) => named.get(name) },
    };
  }

  return {
    documents: memoryDocuments(collections),
    consumers: memoryConsumers(consumers, collections),
    settings: memorySettings(settings, consumers),
    snapshots: memorySnapshots(snapshots),
    atOneMoment: async (read) => read(now()),
    async reset() {
      for (const kept of [collections, consumers, settings, snapshots]) kept.clear();
    },
    standing: alwaysUp('memory:'),
    async close() {},
  };
}
