import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';

export const memorySnapshots = (snapshots: Map<string, JsonObject>): SnapshotStore => ({
  read: async (name) => snapshots.get(name),
  async write(name, snapshot) {
    if (snapshot === null) snapshots.delete(name);
    else snapshots.set(name, snapshot);
  },
});
