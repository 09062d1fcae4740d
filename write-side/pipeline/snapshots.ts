import { z } from 'zod';
import { hashOf, type Json, type JsonObject } from '#domain/kernel/canonical.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import { emptyHead, type Head } from './head.ts';
import { keyPages, type Revisions } from './key-pages.ts';
import type { PipelineLimits } from './limits.ts';

const Snapshot = z.object({
  key: z.string(),
  revision: z.int().min(0),
  eventId: z.string(),
  state: z.json(),
  keyPages: z.array(z.int().min(0)),
});

/** Snapshots by policy: read before a stream, written behind its appends. Trouble with one never reaches a command. */
export interface Snapshots {
  /** `undefined` when there is none that this version of the state can stand on. Its event is still to be compared. */
  read(stream: string, decider: AnyDecider): Promise<Head | undefined>;
  /** Gives a head its keys, page by page; for a page that is lost the caller has them from the events it stood for. */
  readKeys(head: Head, lost: (revisions: Revisions) => Promise<void>): Promise<void>;
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
  return hashOf({ format: 2, category, stateVersion, events: versions });
}

interface Options {
  readonly limits: Pick<
    PipelineLimits,
    'eventsPerSnapshot' | 'rememberedCommandsPerStream' | 'eventsPerKeyPage'
  >;
  readonly log: Log;
}

type KeyFor = (decider: AnyDecider) => string;

/** {@link keyOf} each decider, made once. */
function keysByDecider(): KeyFor {
  const keys = new Map<AnyDecider, string>();
  return (decider) => {
    const key = keys.get(decider) ?? keyOf(decider);
    keys.set(decider, key);
    return key;
  };
}

async function readFrom(
  from: SnapshotStore,
  stream: string,
  decider: AnyDecider,
  keyFor: KeyFor,
): Promise<Head | undefined> {
  const stored = await from.read(stream);
  if (stored === undefined) return undefined;
  const read = Snapshot.safeParse(stored);
  if (!read.success || read.data.key !== keyFor(decider)) return undefined;
  const { revision, eventId, state, keyPages } = read.data;
  return { ...emptyHead(stream, decider), revision, eventId, state: fromPlain(state as Json), keyPages };
}

function snapshotOf(head: Head, eventId: string, key: string): JsonObject {
  return {
    key,
    revision: head.revision,
    eventId,
    state: toPlain(head.state),
    keyPages: head.keyPages,
  };
}

export function snapshotsIn(store: SnapshotStore | undefined, { limits, log }: Options): Snapshots {
  const { eventsPerSnapshot, rememberedCommandsPerStream, eventsPerKeyPage } = limits;
  const pages = keyPages(eventsPerKeyPage);
  const writing = new Map<string, Promise<void>>();
  const keyFor = keysByDecider();

  async function keysIn(from: SnapshotStore, { stream, revision }: Head, page: number) {
    try {
      return await pages.read(from, stream, page, revision);
    } catch (error) {
      log.warn({ stream, err: error }, 'keys could not be read; the events are read instead');
      return undefined;
    }
  }

  return {
    async read(stream, decider) {
      if (store === undefined) return undefined;
      try {
        return await readFrom(store, stream, decider, keyFor);
      } catch (error) {
        log.warn({ stream, err: error }, 'a snapshot could not be read; the stream is read instead');
        return undefined;
      }
    },
    async readKeys(head, lost) {
      if (store === undefined) return;
      for (const page of head.keyPages) {
        const keys = await keysIn(store, head, page);
        if (keys === undefined) await lost(pages.revisionsOf(page));
        else for (const command of keys) head.commands.adopt(command);
      }
    },
    offer(head) {
      const { stream, eventId } = head;
      // What a state remembers grows with its stream: that of a long one is written less often, so that an event costs the
      // same whatever its length, and the moment that it takes to write one is rare.
      const due = Math.max(eventsPerSnapshot, Math.min(head.commands.size, rememberedCommandsPerStream));
      if (store === undefined || eventId === undefined) return;
      if (head.eventsSinceSnapshot < due || writing.has(stream)) return;
      head.eventsSinceSnapshot = 0;
      // Both as they are now: the head goes on while they are written.
      const changes = pages.changes(head.commands, head.revision, head.keyPages);
      head.keyPages = changes.pages;
      const snapshot = snapshotOf(head, eventId, keyFor(head.decider));
      const write = async (): Promise<void> => {
        try {
          await pages.apply(store, stream, changes);
          await store.write(stream, snapshot);
        } catch (error) {
          // Nobody knows which of them are there.
          head.keyPages = [];
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
