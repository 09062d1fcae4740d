import { join } from 'node:path';
import type { Position } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { renewEpoch } from '#engines/event-store/sqlite/epoch.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { type Shortened, shortened, told } from '#engines/read-store/history.ts';
import { type SqliteReaders, sqliteReaders } from '#engines/read-store/sqlite/readers.ts';

export interface WholeHistoryOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** An operator's word that a history which ends exactly here is gone on with, whatever was read behind it. */
  readonly acceptedEnd: Position | undefined;
}

/** To read only: the files stay as they are, down to the last byte of the log. */
async function readable(folder: string, clock: Clock): Promise<EventStore | undefined> {
  try {
    return await openSqliteEventStore({ folder, clock, readOnly: true });
  } catch (error) {
    // No history yet: there is nothing that could be missing.
    if (error instanceof StoreError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

async function whatIsMissing(
  readers: SqliteReaders,
  folder: string,
  clock: Clock,
): Promise<Shortened | undefined> {
  const store = await readable(folder, clock);
  if (store === undefined) return undefined;
  try {
    return await shortened(readers, store);
  } finally {
    await store.close();
  }
}

/**
 * Refuses to go on with a history that has lost events, before anything is written: what is left of them in the log would
 * be overwritten by the next commit. An operator who cannot bring them back accepts the end as it is; then the history
 * gets a new epoch, by which every view, saga, token and feed learns that it has to begin anew.
 *
 * @throws StoreError `unreadable`, naming who has read what is missing
 */
export async function demandWholeHistory(options: WholeHistoryOptions): Promise<void> {
  const { folder, clock, log, acceptedEnd } = options;
  const readers = sqliteReaders(folder);
  if (readers === undefined) return;
  try {
    const missing = await whatIsMissing(readers, folder, clock);
    if (missing === undefined) return;
    const { head } = missing;
    if (head !== acceptedEnd)
      throw new StoreError(
        'unreadable',
        `In ${folder} ${told(missing)}. Nothing was changed. Bring back events.db with the events.db-wal that belongs to it; or, to go on without what is missing, start once with ACCEPT_HISTORY_END=${head}.`,
      );
    // The views hold facts that are nowhere else any more: they are kept for whoever has to find out what was lost.
    const kept = join(folder, `views.db.before-${head}`);
    readers.keepAs(kept);
    const epoch = renewEpoch(folder);
    log.warn(
      { epoch, head: head.toString(), kept },
      `${told(missing)}; as accepted, it goes on under a new epoch and everything that reads it begins anew`,
    );
  } finally {
    readers.close();
  }
}
