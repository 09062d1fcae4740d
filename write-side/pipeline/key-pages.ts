import { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import type { RememberedCommand, RememberedCommands } from './remembered-commands.ts';

const Page = z.object({
  /** How far the stream had come when it was written. */
  through: z.int().min(0),
  keys: z.array(
    z.tuple([z.string(), z.string(), z.int().min(0), z.int().min(0), z.number(), z.string().nullable()]),
  ),
});

/** Events from revision `first` to `last`, both included. */
export interface Revisions {
  readonly first: number;
  readonly last: number;
}

/** Pages to be written, and those that no key needs any more. */
export interface PageChanges {
  readonly pages: readonly number[];
  readonly writes: readonly (readonly [page: number, body: JsonObject])[];
  readonly gone: readonly number[];
}

export interface KeyPages {
  /** What is to be written for a stream at this revision, of which these pages are there. */
  changes(commands: RememberedCommands, revision: number, there: readonly number[]): PageChanges;
  apply(store: SnapshotStore, stream: string, changes: PageChanges): Promise<void>;
  /** The commands of a page as far as this revision; undefined when it is lost or was written before that. */
  read(
    store: SnapshotStore,
    stream: string,
    page: number,
    revision: number,
  ): Promise<readonly RememberedCommand[] | undefined>;
  /** The events whose commands a page tells of. */
  revisionsOf(page: number): Revisions;
}

const nameOf = (stream: string, page: number): string => `${stream} keys ${page}`;

/**
 * The keys of long streams, beside their snapshots: commands by the revisions at which they begin, so that a page behind
 * which the stream has gone on is never written again, and says the same whoever wrote it.
 */
export function keyPages(eventsPerPage: number): KeyPages {
  const revisionsOf = (page: number): Revisions => ({
    first: page * eventsPerPage,
    last: (page + 1) * eventsPerPage - 1,
  });

  return {
    revisionsOf,
    changes(commands, through, there) {
      const latest = there.at(-1) ?? -1;
      const byPage = new Map<number, RememberedCommand[]>();
      for (const command of commands.all()) {
        const page = Math.floor(command.firstRevision / eventsPerPage);
        const keys = byPage.get(page);
        if (keys === undefined) byPage.set(page, [command]);
        else keys.push(command);
      }
      const bodyOf = (keys: readonly RememberedCommand[]): JsonObject => ({
        through,
        keys: keys.map(({ key, payload, firstRevision, lastRevision, recordedAtMs, person }) => [
          ...[key, payload, firstRevision, lastRevision, recordedAtMs],
          person ?? null,
        ]),
      });
      // The latest that is there may have been written when it was half full.
      const changed = [...byPage].filter(([page]) => page >= latest);
      return {
        pages: [...byPage.keys()],
        writes: changed.map(([page, keys]) => [page, bodyOf(keys)]),
        gone: there.filter((page) => !byPage.has(page)),
      };
    },
    async apply(store, stream, { writes, gone }) {
      for (const [page, body] of writes) await store.write(nameOf(stream, page), body);
      for (const page of gone) await store.write(nameOf(stream, page), null);
    },
    async read(store, stream, page, revision) {
      const read = Page.safeParse(await store.read(nameOf(stream, page)));
      if (!read.success || read.data.through < Math.min(revision, revisionsOf(page).last)) return undefined;
      return read.data.keys
        .map(([key, payload, firstRevision, lastRevision, recordedAtMs, person]) => ({
          ...{ key, payload, firstRevision, lastRevision, recordedAtMs },
          person: person ?? undefined,
        }))
        .filter(({ firstRevision }) => firstRevision <= revision);
    },
  };
}
