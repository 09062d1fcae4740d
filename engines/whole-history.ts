import { createHash } from 'node:crypto';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { renewEpoch } from './event-store/sqlite/epoch.ts';
import { openSqliteEventStore } from './event-store/sqlite/store.ts';
import { providerFileIn, tracesOfHistory } from './folder.ts';
import { knowsPayments } from './payments/simulated/ledger.ts';
import { HISTORY, lossOf, type ReadBy, told } from './read-store/history.ts';
import { sqliteReaders } from './read-store/sqlite/readers.ts';

export interface HistoryFolder {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  /** The key that an operator keeps, perhaps in this folder: it stands there before any history. */
  readonly keyFile: string | undefined;
  /** What tells who has read the history, where that is not in its folder. */
  readonly elsewhere?: ReadBy | undefined;
}

/** Who has read the history, as far as it is known. */
interface Readers extends ReadBy {
  /** Keeps it as a file of the folder; elsewhere nothing is kept but what is told of it. */
  keepAs?(file: string): void;
  close?(): void;
}

/** What was opened elsewhere is closed by whoever has opened it. */
const readersOf = ({ folder, elsewhere }: HistoryFolder): Readers | undefined =>
  elsewhere === undefined
    ? sqliteReaders(folder)
    : { settings: elsewhere.settings, consumers: elsewhere.consumers };

export interface WholeHistoryOptions extends HistoryFolder {
  readonly log: Log;
  /** An operator's word, as the refusal gave it, that this one loss is gone on with. */
  readonly acceptedLoss: string | undefined;
}

/** A history that has lost events, or is lost itself. */
interface Found {
  /** Where it ends; 0 where nothing of it is left. */
  readonly head: Position;
  /** What tells of it, as one sentence. */
  readonly told: string;
  /** Whether the views are of another history, so that it may be they that do not belong here. */
  readonly foreignViews?: boolean;
}

/** To read only: the files stay as they are, down to the last byte of the log. */
async function readable(folder: string, clock: Pick<Clock, 'now'>): Promise<EventStore | undefined> {
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

/**
 * A history without any event is new, unless the provider knows of payments: it is asked for none that is not recorded. A
 * key, or views that have read nothing, stand beside every history that nobody has used yet, and tell of nothing.
 */
async function emptiedHistory(folder: string, store: EventStore): Promise<Found | undefined> {
  const ledger = providerFileIn(folder);
  if ((await store.head()) > 0n || !knowsPayments(ledger)) return undefined;
  const sentence = `${join(folder, 'events.db')} holds no event, while ${ledger} knows of payments: a history was here, and what had been acknowledged with it`;
  return { head: 0n, told: sentence };
}

/** Where nothing is left of a history: whoever has read anything has read another. */
const NO_HISTORY = { epoch: '', head: async () => BEGINNING };

async function missingEvents(
  { folder, clock, elsewhere }: HistoryFolder,
  readers: Readers | undefined,
): Promise<Found | undefined> {
  const store = await readable(folder, clock);
  const isGone = store === undefined && !existsSync(join(folder, 'events.db'));
  // What is wrong with a history that is there is said by whoever opens it to write.
  if (store === undefined && !isGone) return undefined;
  try {
    const loss = readers && (await lossOf(readers, store ?? NO_HISTORY));
    if (loss === undefined) return store && (await emptiedHistory(folder, store));
    const views = elsewhere === undefined ? 'views.db' : 'READ_STORE';
    return { head: loss.head, told: `In ${folder} ${told(loss, views)}`, foreignViews: loss.another };
  } finally {
    await store?.close();
  }
}

const lossIn = async (folder: HistoryFolder, readers: Readers | undefined): Promise<Found | undefined> =>
  missingHistory(folder) ?? missingEvents(folder, readers);

/** Characters of the digest that stands for what was lost: enough that no two losses of one folder share it. */
const DIGEST_CHARACTERS = 8;

/**
 * The word that accepts this loss and no other: where the history ends, and a digest of what was there before. That is the
 * history that was read and how far, or, without views, what else is in the folder. Accepting changes both: the history
 * goes on under another name, and what was kept of the loss lies beside it.
 */
async function wordFor(
  { head }: Found,
  { folder, keyFile }: HistoryFolder,
  readers: Readers | undefined,
): Promise<string> {
  const epoch = await readers?.settings.get(HISTORY);
  const consumers = (await readers?.consumers.all()) ?? [];
  // Whoever has read nothing, or stands there only to be seen, comes and goes and tells of no loss.
  const checkpoints = consumers.flatMap(({ checkpoint }) => (checkpoint === undefined ? [] : [checkpoint]));
  // Looking at a history to read only may leave a log where there was none.
  const others = tracesOfHistory(folder, keyFile).filter((name) => !/^events\.db(-wal)?$/.test(name));
  const lost =
    epoch === undefined ? others : [epoch, ...checkpoints.map(String).sort((a, b) => a.localeCompare(b))];
  const digest = createHash('sha256').update(JSON.stringify(lost)).digest('hex');
  return `${head}-${digest.slice(0, DIGEST_CHARACTERS)}`;
}

/**
 * Looks whether a folder still has the history that was read in it, and changes nothing.
 *
 * @throws StoreError `unreadable`, naming what tells of the loss
 */
export async function refuseLoss(folder: HistoryFolder): Promise<void> {
  const readers = readersOf(folder);
  try {
    const loss = await lossIn(folder, readers);
    if (loss !== undefined)
      throw new StoreError(
        'unreadable',
        `${loss.told}. Or this folder is another than that of the process that writes, whose start tells more: DATA_DIR, or --data, has to name its.`,
      );
  } finally {
    readers?.close?.();
  }
}

/** A name that nothing has yet: what was kept of an earlier loss is not written over. */
function freeName(path: string): string {
  let name = path;
  for (let number = 2; existsSync(name); number += 1) name = `${path}-${number}`;
  return name;
}

/** Keeps what tells of the loss, for whoever has to find out what was lost: its facts are nowhere else any more. */
function keepWitnesses(folder: string, head: Position, readers: Readers | undefined): readonly string[] {
  const kept: string[] = [];
  if (readers?.keepAs !== undefined) {
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
 * What is only put aside once the history has its new name, because it is what tells of the loss where no views do: the
 * ledger of a provider whose every payment is lost. And a note, by which the same loss a second time is another one.
 */
function putAside(folder: string, { head, told }: Found, readers: Readers | undefined): readonly string[] {
  const kept: string[] = [];
  const ledger = providerFileIn(folder);
  if (head === 0n && knowsPayments(ledger)) {
    const name = freeName(`${ledger}.before-0`);
    // The log first, which would be taken for the one of the next ledger.
    if (existsSync(`${ledger}-wal`)) renameSync(`${ledger}-wal`, `${name}-wal`);
    renameSync(ledger, name);
    rmSync(`${ledger}-shm`, { force: true });
    kept.push(name);
  }
  if (readers?.keepAs === undefined) {
    const note = freeName(join(folder, 'events.db.lost'));
    writeFileSync(note, `${told}\n`);
    kept.push(note);
  }
  return kept;
}

const FROM_BACKUP =
  'ring back events.db from a backup, with the events.db-wal that belongs to it if there is one';

/** What an operator can do, the mending that loses least first. */
const remedy = ({ foreignViews }: Found, word: string, { elsewhere }: HistoryFolder): string =>
  `${
    foreignViews
      ? `If events.db is the right one, ${elsewhere ? 'name another database in READ_STORE' : 'move views.db away'}: it is made again from the history. If it is not, b${FROM_BACKUP}`
      : `B${FROM_BACKUP}`
  }; or, to go on without what is missing, start once with ACCEPT_HISTORY_END=${word}.`;

/**
 * Refuses to go on with a history that has lost events, is another than the one that was read, or is gone while there are
 * still views, a key or a ledger of it; before anything is written, because what is left of the events in the log would be
 * overwritten by the next commit. An operator who cannot bring them back accepts the end as it is; then the history gets
 * a new epoch, by which every view, saga, token and feed learns that it has to begin anew.
 *
 * @throws StoreError `unreadable`, naming who has read what is missing, or what was found without it
 */
export async function demandWholeHistory(options: WholeHistoryOptions): Promise<void> {
  const { folder, log, acceptedLoss } = options;
  const readers = readersOf(options);
  try {
    const loss = await lossIn(options, readers);
    if (loss === undefined) return;
    const { head } = loss;
    const word = await wordFor(loss, options, readers);
    if (word !== acceptedLoss)
      throw new StoreError('unreadable', `${loss.told}. Nothing was changed. ${remedy(loss, word, options)}`);
    const witnesses = keepWitnesses(folder, head, readers);
    const epoch = renewEpoch(folder);
    const kept = [...witnesses, ...putAside(folder, loss, readers)];
    log.warn(
      { epoch, head: head.toString(), kept },
      `${loss.told}; as accepted, it goes on under a new epoch and everything that reads it begins anew`,
    );
  } finally {
    readers?.close?.();
  }
}
