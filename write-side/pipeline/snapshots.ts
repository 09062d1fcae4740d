import { z } from 'zod';
import { hashOf, type Json, type JsonObject } from '#domain/kernel/canonical.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Head } from './head.ts';

import { RememberedCommand } from './remembered-commands.ts';

/** Where snapshots are kept. A lost one is made again. */
export interface SnapshotStore {
  read: ReadStore['readSnapshot'];
  write: ReadStore['writeSnapshot'];
}

const Snapshot = z.object({
  key: z.string(),
  revision: z.int().min(0),
  eventId: z.string(),
  state: z.json(),
  commands: z.array(z.tuple([z.string(), RememberedCommand])),
});

/** Snapshots by policy: read before a stream, written behind its appends. Trouble with one never reaches a command. */
export interface Snapshots {
  /** `undefined` when there is none that this version of the state can stand on. Its event is still to be compared. */
  read(stream: string, decider: AnyDecider): Promise<Head | undefined>;
  /** Starts writing one in the background when it is time. */
  offer(head: Head): void;
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>;
}

/**
 * What a state's shape depends on: a snapshot under another key is discarded. The versions of events are part of it,
 * because an upcast may teach old events something that the state should know.
 */
function keyOf({ category, stateVersion, events }: AnyDecider): string {
  const versions = events.map(({ type, version }) => [type, version] as const).toSorted();
  return hashOf({ format: 1, category, stateVersion, events: versions });
}

export function snapshotsIn(
  store: SnapshotStore | undefined,
  options: { readonly eventsPerSnapshot: number; readonly log: Log },
): Snapshots {
  const { eventsPerSnapshot, log } = options;
  const writing = new Map<string, Promise<void>>();
  const keys = new Map<AnyDecider, string>();
  const keyFor = (decider: AnyDecider): string => {
    const key = keys.get(decider) ?? keyOf(decider);
    keys.set(decider, key);
    return key;
  };

  async function readFrom(
    from: SnapshotStore,
    stream: string,
    decider: AnyDecider,
  ): Promise<Head | undefined> {
    const stored = await from.read(stream);
    if (stored === undefined) return undefined;
    const read = Snapshot.safeParse(stored);
    if (!read.success || read.data.key !== keyFor(decider)) return undefined;
    const { revision, eventId, state, commands } = read.data;
    return {
      stream,
      decider,
      revision,
      eventId,
      state: fromPlain(state as Json),
      commands: new Map(commands),
      eventsSinceSnapshot: 0,
    };
  }

  const snapshotOf = (head: Head, eventId: string): JsonObject => ({
    key: keyFor(head.decider),
    revision: head.revision,
    eventId,
    state: toPlain(head.state),
    commands: [...head.commands].map(([key, command]) => [key, { ...command }] as const),
  });

  return {
    async read(stream, decider) {
      if (store === undefined) return undefined;
      try {
        return await readFrom(store, stream, decider);
      } catch (error) {
        log.warn({ stream, err: error }, 'a snapshot could not be read; the stream is read instead');
        return undefined;
      }
    },
    offer(head) {
      const { stream, eventId } = head;
      // The window is written with the state: a long one less often, so that an event costs the same whatever its length,
      // and the moment that it takes to write one is rare.
      const due = Math.max(eventsPerSnapshot, head.commands.size);
      if (store === undefined || eventId === undefined) return;
      if (head.eventsSinceSnapshot < due || writing.has(stream)) return;
      head.eventsSinceSnapshot = 0;
      const write = async (): Promise<void> => {
        try {
          await store.write(stream, snapshotOf(head, eventId));
        } catch (error) {
          log.warn({ stream, err: error }, 'a snapshot could not be written; another follows');
        }
      };
      writing.set(
        stream,
        write().finally(() => writing.delete(stream)),
      );
    },
    async settled() {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
}
