import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReadStoreAt, UnusableError } from '#config';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { memoryEventStore } from '#engines/event-store/memory.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { writableFolder } from '#engines/folder.ts';
import { belongsTo, belongTo } from '#engines/read-store/history.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import type { MongoReadStore } from '#engines/read-store/mongodb/store.ts';
import { notedElsewhere, noteFileIn, noteReadStore } from '#engines/read-store/noted.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import { demandWholeHistory, refuseLoss } from '#engines/whole-history.ts';
import { reasonOf } from '#runtime/reason.ts';
import { accessOf } from './access.ts';
import { eachTold } from './each-told.ts';

// The one file that names the engines of the stores. Another profile is another member of `StoresAt`, and another case of
// `openHistory`, `openReadStore`, `temporaryReadStore` and `demandWhole`; nobody who opens stores sees more of it.

/** Which engines hold the stores, and where. */
export type StoresAt =
  /** Nothing outlives the process: for tests. */
  | { readonly profile: 'memory' }
  /** SQLite in a folder of this machine. */
  | { readonly profile: 'embedded'; readonly folder: string }
  /** The history in SQLite in a folder of this machine, what is made from it in MongoDB. */
  | { readonly profile: 'mongodb'; readonly folder: string; readonly readStore: MongoAt };

type MongoAt = Extract<ReadStoreAt, { engine: 'mongodb' }>;
type OnDisk = Exclude<StoresAt, { profile: 'memory' }>;

/** Where the stores of a set-up platform are. */
export const storesAt = (folder: string, readStore: ReadStoreAt): StoresAt =>
  readStore.engine === 'sqlite' ? { profile: 'embedded', folder } : { profile: 'mongodb', folder, readStore };

export interface HistoryOptions {
  /** Stamps what is recorded. */
  readonly clock: Pick<Clock, 'now'>;
  /** Reads beside the process that writes; every append is refused. */
  readonly readOnly?: boolean;
  /** What was committed is in doubt: the process must end. */
  readonly onFatal?: (error: StoreError) => void;
}

export interface StoresOptions extends HistoryOptions {
  readonly log?: Log;
  /** An operator's word, as the refusal gave it, that this one loss of history is gone on with. */
  readonly acceptedLoss?: string | undefined;
  /** The key that an operator keeps, perhaps in this folder: it stands there before any history. */
  readonly keyFile?: string | undefined;
  /** Which history the read models are of is said by another process alone. */
  readonly ownedElsewhere?: boolean;
  /** With `readOnly`: these read models, also where the process that writes the history works on others. */
  readonly whicheverReadStore?: boolean;
}

/** The history, and the four ports of what is made again from it. */
export interface Stores {
  readonly store: EventStore;
  readonly readStore: ReadStore;
  /** The history first, which nobody appends to any more, and then what is made from it. */
  close(): Promise<void>;
}

/** A read store that is empty, and is thrown away. */
export interface TemporaryReadStore {
  readonly readStore: ReadStore;
  dispose(): Promise<void>;
}

/** Closes each in turn, whatever becomes of those before it. @throws what the first said that could not be closed */
async function closeEach(...stores: readonly (Pick<Stores, 'close'> | undefined)[]): Promise<void> {
  const failed: unknown[] = [];
  for (const store of stores) await store?.close().catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

const storesOf = (store: EventStore, readStore: ReadStore): Stores => ({
  store,
  readStore,
  close: () => closeEach(store, readStore),
});

/** Both in memory, at once. */
export const memoryStores = ({ clock = systemClock() }: Partial<HistoryOptions> = {}): Stores =>
  storesOf(memoryEventStore({ clock }), memoryReadStore());

/**
 * The history alone, without a look at what was read of it.
 *
 * @throws StoreError `second_writer`, `unreadable`, `unavailable`
 */
export async function openHistory(at: StoresAt, options: HistoryOptions): Promise<EventStore> {
  if (at.profile === 'memory') return memoryEventStore(options);
  return openSqliteEventStore({ folder: at.folder, ...options });
}

/** @throws StoreError `unavailable`, naming what of the folder cannot be used */
function useFolder(folder: string): void {
  try {
    writableFolder(folder);
  } catch (error) {
    throw new StoreError('unavailable', `${folder} cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * With what lets us in, and the engine, which is loaded where it is wanted: its driver takes memory and time of every start.
 *
 * @throws UnusableError for an address that the driver refuses, or a file that lets us in; ConfigError for several of these
 */
export async function enteringMongo({ url, address, database, files }: MongoAt) {
  const engine = await import('#engines/read-store/mongodb/store.ts');
  const [access] = await eachTold([
    accessOf('READ_STORE', files),
    engine.addressProblem({ url, address, database }).then((problem) => {
      if (problem !== undefined) throw new UnusableError('READ_STORE', `${address}: ${problem}`);
    }),
  ]);
  const { credentials, authority, certificate } = access;
  const pem = { authorityFile: authority?.file, certificateFile: certificate?.file };
  return { engine, there: { url, address, database, access: { credentials, ...pem } } };
}

/** @throws as {@link enteringMongo}; StoreError `unavailable`, naming hosts and database */
async function openMongo(at: MongoAt, log: Log, temporary = false): Promise<MongoReadStore> {
  const { engine, there } = await enteringMongo(at);
  try {
    if (temporary) return await engine.openTemporaryMongoReadStore(there);
    return await engine.openMongoReadStore(there, (told) => log.warn({}, told));
  } catch (error) {
    throw new StoreError('unavailable', `READ_STORE cannot be used: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * What is made from the history alone, whichever history that was. What is wrong with it is told with the remedy that it can
 * be made again.
 *
 * @throws StoreError `unavailable`
 */
export async function openReadStore(at: StoresAt, log: Log = noLog): Promise<ReadStore> {
  if (at.profile === 'memory') return memoryReadStore();
  if (at.profile === 'mongodb') return openMongo(at.readStore, log);
  // What is wrong with the folder, or with what else stands in it, is no reason to delete the views.
  useFolder(at.folder);
  try {
    return openSqliteReadStore({ folder: at.folder, onSetAside: (told) => log.warn({}, told) });
  } catch (error) {
    throw new StoreError(
      'unavailable',
      `${join(at.folder, 'views.db')} cannot be used: ${reasonOf(error)}. It may be deleted: it is made again from the history.`,
      { cause: error },
    );
  }
}

/** One of the same engine, to compare with what is there. */
export async function temporaryReadStore(at: StoresAt): Promise<TemporaryReadStore> {
  if (at.profile === 'memory') return { readStore: memoryReadStore(), dispose: async () => undefined };
  if (at.profile === 'mongodb') {
    const readStore = await openMongo(at.readStore, noLog, true);
    return { readStore, dispose: readStore.destroy };
  }
  const folder = await mkdtemp(join(tmpdir(), 'annals-verify-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const readStore = await openReadStore({ ...at, folder });
    return { readStore, dispose: () => readStore.close().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Whoever only reads is told of a loss; whoever writes is told what can be done, and may accept it.
 *
 * @param elsewhere what tells who has read the history, where that is not in its folder
 */
async function demandWhole(at: OnDisk, options: StoresOptions, elsewhere?: ReadStore): Promise<void> {
  const { clock, readOnly = false, log = noLog, acceptedLoss, keyFile } = options;
  const folder = { folder: at.folder, clock, keyFile, elsewhere };
  if (readOnly) await refuseLoss(folder);
  else await demandWholeHistory({ ...folder, log, acceptedLoss });
}

/** @throws StoreError `unavailable` */
async function demandBelonging(at: OnDisk, readStore: ReadStore, store: EventStore): Promise<void> {
  if (await belongsTo(readStore, store.epoch)) return;
  throw new StoreError(
    'unavailable',
    `READ_STORE does not belong to the history in ${at.folder}: ${readStore.standing().address} is of another one, or of none, and the process that writes this one has not said otherwise yet. DATA_DIR, too, has to be the write side's.`,
  );
}

/** As the setting has it, without what the driver is told. */
const addressOf = (at: OnDisk): string => (at.profile === 'embedded' ? 'sqlite:' : at.readStore.address);

/**
 * An older state of the same history, which nobody advances any more, looks like any other.
 *
 * @param readStore where it is open already
 * @throws StoreError `unavailable` for whoever may wait for the process that writes; UnusableError
 */
async function demandTheWriters(
  at: OnDisk,
  options: StoresOptions,
  readStore: ReadStore | undefined,
): Promise<void> {
  if (options.readOnly !== true || options.whicheverReadStore === true) return;
  const elsewhere = await notedElsewhere(at.folder, addressOf(at), readStore);
  if (elsewhere === undefined) return;
  const why = `it names ${addressOf(at)}, and the process that writes the history in ${at.folder} keeps its read models in ${elsewhere}, as it has noted in ${noteFileIn(at.folder)}`;
  if (options.ownedElsewhere === true)
    throw new StoreError(
      'unavailable',
      `READ_STORE cannot be used: ${why}. READ_STORE and DATA_DIR have to be the write side's.`,
    );
  throw new UnusableError(
    'READ_STORE',
    `${why}. Name that one; or, to work on this one all the same, add --this-read-store.`,
  );
}

/**
 * Which history the read models are of: whoever only reads them is told, and everybody else says it. Whoever writes the history notes
 * beside it where they are.
 */
async function settleBelonging(
  at: OnDisk,
  options: StoresOptions,
  { store, readStore }: Stores,
): Promise<void> {
  const { log = noLog, ownedElsewhere, readOnly } = options;
  if (ownedElsewhere === true) return demandBelonging(at, readStore, store);
  if (await belongTo(readStore, store.epoch))
    log.warn({ epoch: store.epoch }, 'the views belonged to another history and are made anew');
  if (readOnly !== true) await noteReadStore(at.folder, addressOf(at), readStore);
}

/**
 * Opens what a process works on: a history that is the whole of what was read of it, and read models that belong to it. With
 * `readOnly` a process stands beside the one that writes: the history to read only, the read models to write.
 *
 * @throws StoreError, also when the history is not the whole of what was read; with `ownedElsewhere` also while the read models do not
 *   belong to it, or are others than those of the process that writes; UnusableError for settings, without `ownedElsewhere` for that too
 */
export async function openStores(at: StoresAt, options: StoresOptions): Promise<Stores> {
  if (at.profile === 'memory') return memoryStores(options);
  const { log = noLog } = options;
  // What is made elsewhere leaves nothing in the folder.
  let readStore = at.profile === 'mongodb' ? await openReadStore(at, log) : undefined;
  let store: EventStore | undefined;
  try {
    await demandTheWriters(at, options, readStore);
    await demandWhole(at, options, readStore);
    // Before the read models: they tell the next start that there was a history.
    store = await openHistory(at, options);
    readStore ??= await openReadStore(at, log);
    const stores = storesOf(store, readStore);
    await settleBelonging(at, options, stores);
    return stores;
  } catch (error) {
    // Why it was not opened matters more than what closing it says.
    await closeEach(store, readStore).catch(() => undefined);
    throw error;
  }
}
