import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Position } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { renewEpoch } from '#engines/event-store/sqlite/epoch.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { tracesOfHistory } from '#engines/folder.ts';
import { lossOf, told } from '#engines/read-store/history.ts';
import { type SqliteReaders, sqliteReaders } from '#engines/read-store/sqlite/readers.ts';

export interface HistoryFolder {
  readonly folder: string;
  readonly clock: Clock;
  /** The key that an operator keeps, perhaps in this folder: it stands there before any history. */
  readonly keyFile: string | undefined;
}

export interface WholeHistoryOptions extends HistoryFolder {
  readonly log: Log;
  /** An operator's word that a history which ends exactly here is gone on with, whatever was read behind it. */
  readonly acceptedEnd: Position | undefined;
}

/** A history that has lost events, or is lost itself. */
interface Found {
  /** Where it ends; 0 where nothing of it is left. */
  readonly head: Position;
  /** What tells of it, as one sentence. */
  readonly told: string;
}

/** To read only: the files stay as they are, down to the last byte of the log. */
async function readable(folder: string, clock: Clock): Promise<EventStore | undefined> {
  try {
    return await openSqliteEventStore({ folder, clock, readOnly: true });
  } catch (error) {
    // Whoever opens it to write will say why it cannot be opened.
    if (error instanceof StoreError && error.code === 'unavailable') return undefined;
    throw error;
  }
}

/**
 * A folder without its history is new only where nothing else is in it either: `events.db` is the first that a start makes,
 * so that one which was killed half-way has left either nothing or a history.
 */
function missingHistory({ folder, keyFile }: HistoryFolder): Found | undefined {
  const file = join(folder, 'events.db');
  if (existsSync(file)) return undefined;
  const traces = tracesOfHistory(folder, keyFile);
  if (traces.length === 0) return undefined;
  const sentence = `${file} is missing, while there is ${traces.join(', ')}: a history was here, and what had been acknowledged with it`;
  return { head: 0n, told: sentence };
}

async function missingEvents(
  { folder, clock }: HistoryFolder,
  readers: SqliteReaders | undefined,
): Promise<Found | undefined> {
  const store = readers && (await readable(folder, clock));
  if (readers === undefined || store === undefined) return undefined;
  try {
    const loss = await lossOf(readers, store);
    return loss && { head: loss.head, told: `In ${folder} ${told(loss)}` };
  } finally {
    await store.close();
  }
}

const lossIn = async (
  folder: HistoryFolder,
  readers: SqliteReaders | undefined,
): Promise<Found | undefined> => missingHistory(folder) ?? missingEvents(folder, readers);

/**
 * Looks whether a folder still has the history that was read in it, and changes nothing.
 *
 * @throws StoreError `unreadable`, naming what tells of the loss
 */
export async function refuseLoss(folder: HistoryFolder): Promise<void> {
  const readers = sqliteReaders(folder.folder);
  try {
    const loss = await lossIn(folder, readers);
    if (loss !== undefined)
      throw new StoreError('unreadable', `${loss.told}. The start of the platform tells more.`);
  } finally {
    readers?.close();
  }
}

/** A name that nothing has yet: what was kept of an earlier loss is not written over. */
function freeName(path: string): string {
  let name = path;
  for (let number = 2; existsSync(name); number += 1) name = `${path}-${number}`;
  return name;
}

/** Keeps what tells of the loss, for whoever has to find out what was lost: its facts are nowhere else any more. */
function keepWitnesses(
  folder: string,
  head: Position,
  readers: SqliteReaders | undefined,
): readonly string[] {
  const kept: string[] = [];
  if (readers !== undefined) {
    const name = freeName(join(folder, `views.db.before-${head}`));
    readers.keepAs(name);
    kept.push(name);
  }
  const log = join(folder, 'events.db-wal');
  // Without its file a log would be taken for the one of whatever is put in the file's place.
  if (!existsSync(join(folder, 'events.db')) && existsSync(log)) {
    const name = freeName(`${log}.before-${head}`);
    renameSync(log, name);
    kept.push(name);
  }
  return kept;
}

/**
 * Refuses to go on with a history that has lost events, is another than the one that was read, or is gone while there are
 * still views, a key or a ledger of it; before anything is written, because what is left of the events in the log would be
 * overwritten by the next commit. An operator who cannot bring them back accepts the end as it is; then the history gets
 * a new epoch, by which every view, saga, token and feed learns that it has to begin anew.
 *
 * @throws StoreError `unreadable`, naming who has read what is missing, or what was found without it
 */
export async function demandWholeHistory(options: WholeHistoryOptions): Promise<void> {
  const { folder, log, acceptedEnd } = options;
  const readers = sqliteReaders(folder);
  try {
    const loss = await lossIn(options, readers);
    if (loss === undefined) return;
    const { head } = loss;
    if (head !== acceptedEnd)
      throw new StoreError(
        'unreadable',
        `${loss.told}. Nothing was changed. Bring back events.db from a backup, with the events.db-wal that belongs to it if there is one; or, to go on without what is missing, start once with ACCEPT_HISTORY_END=${head}.`,
      );
    const kept = keepWitnesses(folder, head, readers);
    const epoch = renewEpoch(folder);
    log.warn(
      { epoch, head: head.toString(), kept },
      `${loss.told}; as accepted, it goes on under a new epoch and everything that reads it begins anew`,
    );
  } finally {
    readers?.close();
  }
}
