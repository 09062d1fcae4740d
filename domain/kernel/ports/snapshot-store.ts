import type { JsonObject } from '../canonical.ts';

/** Snapshots of streams, and what lies beside them, by name; a lost one is made again. */
export interface SnapshotStore {
  read(name: string): Promise<JsonObject | undefined>;
  /** null: takes it away. */
  write(name: string, snapshot: JsonObject | null): Promise<void>;
}
