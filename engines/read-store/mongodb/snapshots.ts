import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import type { Connection } from './connection.ts';
import type { Tables } from './rows.ts';

/** Snapshots as JSON text. */
export const mongoSnapshots = ({ ask, write }: Connection, { snapshots }: Tables): SnapshotStore => ({
  read: (name) =>
    ask(async () => {
      const row = await snapshots.findOne({ _id: name });
      return row === null ? undefined : (JSON.parse(row.body) as JsonObject);
    }),
  async write(name, snapshot) {
    await write(async () => {
      if (snapshot === null) await snapshots.deleteOne({ _id: name });
      else await snapshots.replaceOne({ _id: name }, { body: JSON.stringify(snapshot) }, { upsert: true });
    });
  },
});
