import { existsSync } from 'node:fs';
import { type BusAt, type Config, type PlatformRole, type ReadStoreAt, UnusableError } from '#config';
import { instant, later } from '#domain/kernel/instant.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import { type EventStore, StoreError, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId, Random } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type JumpWatch, jumpText, watchJumps } from '#engines/clock/jumps.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { writableFolder } from '#engines/folder.ts';
import { newIds } from '#engines/ids.ts';
import { systemRandom } from '#engines/random.ts';
import { type FollowedChains, followedChains } from '#runtime/followed-chains.ts';
import { doubled, pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import type { KnowsRole } from '#write-side/service/dispatch.ts';
import { type BusEngine, openBus } from './bus.ts';
import { type Certificates, openCertificates } from './certificates.ts';
import { registry } from './contexts.ts';
import { demandUsableFiles } from './files.ts';
import type { NamedEngine } from './health.ts';
import { type KeptLines, keepLines } from './lines.ts';
import { noPersonKeys, personKeysOf } from './person-keys.ts';
import { openService, type WriteSideElsewhere } from './service.ts';
import { openStores, type Stores, storesAt, type TemporaryReadStore, temporaryReadStore } from './stores.ts';
import { lookAtKeys, noTokens, type Tokens, tokensOf, warnOfNewKey } from './tokens.ts';
import { type Work, worksOn } from './work.ts';

export type { SimulatedClock };

/** What every role is built on. */
export interface CommonEngines extends Tokens {
  /** The time of the business: what is decided, recorded and timed runs on it. */
  readonly clock: Clock;
  /** Set where the business lives by a simulated clock that is moved here; the same one as `clock`. */
  readonly simulated: SimulatedClock | undefined;
  /** The time of the machine: leases, pauses and bounded waits run on it. */
  readonly machineClock: Clock;
  readonly newId: NewId;
  readonly random: Random;
  readonly store: EventStore;
  readonly feed: EventFeed;
  readonly readStore: ReadStore;
  readonly personKeys: PersonKeys;
  /** Write side and catch-up consumer run in this one process: what the first has followed the second need not. */
  readonly followed: FollowedChains;
  /** In which chains stand, in this process. */
  readonly lines: KeptLines;
  close(): Promise<void>;
}

/** With how a role runs its consumers. */
export interface Engines extends CommonEngines {
  readonly consume: Consume;
}

/** What a process of the platform has besides; its consumers run by role. */
export interface ProcessEngines extends CommonEngines, BusEngine {
  readonly workOf: (role: PlatformRole) => Work;
  /** Names this process, and no other that ever was. */
  readonly owner: string;
  /** What this process shows to people, and to other roles. */
  readonly certificates: Certificates;
  /** Set where other processes send their commands here. */
  readonly knowsRole: KnowsRole | undefined;
  /** Set where commands are sent to another process. */
  readonly writeSide: WriteSideElsewhere | undefined;
  /** The last time that somebody has set the machine's clock since the start, as an operator reads it. */
  readonly clockJump: () => string | undefined;
  /** How each engine is doing. */
  readonly standings: readonly NamedEngine[];
}

export interface EnginesOptions {
  readonly config: Config;
  readonly log: Log;
  /** What was committed is in doubt: the process must end. */
  readonly onFatal: (error: StoreError) => void;
}

/** A simulated business begins where its history ends, so that time never runs backwards over a restart. */
async function simulatedFrom(store: EventStore): Promise<SimulatedClock> {
  const { events } = await store.readAll({ direction: 'backwards', limit: 1 });
  return simulatedClock({ start: events[0]?.recordedAt ?? instant(Date.UTC(2026, 0, 1)) });
}

/** @param named what says which folder it is @throws UnusableError */
function useFolder(folder: string, named: 'DATA_DIR' | '--data'): void {
  try {
    writableFolder(folder);
  } catch (error) {
    throw new UnusableError(named, `${reasonOf(error)}. It names a folder that this user may write to.`);
  }
}

/**
 * Says when the machine's clock was set: while it runs, and back since one of the last events was recorded.
 * @param writes whether this process stamps what is recorded
 */
async function watchClock(store: EventStore, log: Log, writes: boolean): Promise<JumpWatch> {
  const { events } = await store.readAll({ direction: 'backwards', limit: storeLimits.pageEvents });
  const now = systemClock().now();
  const [latest] = events
    .map(({ recordedAt }) => recordedAt)
    .toSorted()
    .reverse();
  if (writes && latest !== undefined && now < latest)
    log.warn(
      { now, latest },
      'the clock stands before what the history has recorded; order goes by position, but what is timed comes late',
    );
  return watchJumps((jump) => log.warn(jump, `${jumpText(jump)}; what is timed follows it`));
}

function toldOf({ last }: JumpWatch): string | undefined {
  const jump = last();
  return jump && `${jumpText(jump)} at ${jump.at}`;
}

/** How long a start waits for the process that writes the history, in milliseconds, and between two looks. */
const WRITER_MS = 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** @throws StoreError, what it was for the last time */
async function whenThere<T>(open: () => Promise<T>, clock: Clock, log: Log): Promise<T> {
  const until = later(clock.now(), WRITER_MS);
  for (let failures = 1; ; failures++)
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StoreError) || clock.now() >= until) throw error;
      log.warn(
        { why: error.message },
        'the start waits for the process that writes the history, or for where the read models are',
      );
      await pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS));
    }
}

/**
 * The history to write, where commands are decided or reacted to, and else to read as another process writes it: that one says alone
 * whether it is whole, and which history the read models are of.
 */
function storesFor(
  { config, log, onFatal }: EnginesOptions,
  writes: boolean,
  { clock, machineClock }: { readonly clock: Pick<Clock, 'now'>; readonly machineClock: Clock },
): Promise<Stores> {
  const at = storesAt(config.dataDir, config.readStore);
  const options = { clock, log, keyFile: config.tokens.keyFile };
  return writes
    ? openStores(at, { ...options, onFatal, acceptedLoss: config.acceptedLoss })
    : whenThere(
        () => openStores(at, { ...options, readOnly: true, ownedElsewhere: true }),
        machineClock,
        log,
      );
}

/** How each engine is doing that this process has a use for. */
const standingsOf = (
  { store, readStore }: Pick<Stores, 'store' | 'readStore'>,
  personKeys: PersonKeys | undefined,
  bus: BusEngine['bus'] | undefined,
): readonly NamedEngine[] => [
  { name: 'event-store', standing: store.standing },
  { name: 'read-store', standing: readStore.standing },
  ...(personKeys === undefined
    ? []
    : [{ name: 'person-keys', standing: () => personKeys.standing() } as const]),
  ...(bus === undefined ? [] : [{ name: 'bus', standing: () => bus.standing() } as const]),
];

const noLines: KeptLines = { lines: [], stop: async () => undefined };

/**
 * Opens what a process with some roles works on.
 *
 * @throws UnusableError, ConfigError, DamagedFileError, StoreError; the last `unavailable` where the process that writes the history is not there
 *   within a minute
 */
export async function openEngines(options: EnginesOptions): Promise<ProcessEngines> {
  const { config, log } = options;
  const has = (role: PlatformRole): boolean => config.roles.includes(role);
  const writes = has('write-side') || has('sagas');
  useFolder(config.dataDir, 'DATA_DIR');
  await using begun = new AsyncDisposableStack();
  await demandUsableFiles(config, systemClock());
  const machineClock = steadyClock();
  const certificates = await openCertificates(config, machineClock, log);
  begun.defer(async () => certificates.stop());
  const newId = newIds({ clock: machineClock });
  const owner = newId();
  let clock: Clock = systemClock();
  // Before keys and ledgers: each of them tells the next start that there was a history. The store stamps what it records by the
  // business clock, which a simulated business learns from the store.
  const stores = await storesFor(options, writes, { clock: { now: () => clock.now() }, machineClock });
  begun.defer(stores.close);
  const { store, readStore } = stores;
  const service = await openService({
    ...{ config, machineClock, newId, log, owner, joinWithinMs: WRITER_MS },
    history: store.epoch,
    certificate: certificates.roles,
  });
  begun.defer(service.close);
  // Whoever neither takes commands nor tells what has happened reaches for none outside, and has none to tell of.
  const usesBus = has('write-side') || has('publisher');
  const busAt: BusAt = usesBus ? config.bus : { engine: 'memory' };
  const beside = { clock: machineClock, log, newId };
  const carrying = await openBus({ ...config, bus: busAt }, beside);
  begun.defer(() => carrying.bus.close());
  // Whoever neither takes nor shows anything about people has no use for their keys.
  const usesPersonKeys = writes || has('read-api');
  const personKeys = usesPersonKeys ? await personKeysOf(store, config, machineClock, log) : noPersonKeys;
  begun.defer(() => personKeys.close());
  const isSimulated = config.clock === 'simulated';
  const simulated = isSimulated && has('write-side') ? await simulatedFrom(store) : undefined;
  clock = simulated ?? service.writeSide?.clock?.clock ?? systemClock();
  const clockJumps = await watchClock(store, log, writes);
  begun.defer(async () => clockJumps.stop());
  if (writes) await warnOfNewKey(config, store, log);
  const tokens =
    has('write-side') || has('read-api') ? await tokensOf(config, clock, machineClock, log) : noTokens(clock);
  const stopLooking = lookAtKeys(tokens, machineClock, log);
  begun.defer(async () => stopLooking());
  const feed = eventFeed(store, { clock: machineClock });
  begun.defer(feed.close);
  const { consumers } = readStore;
  const lines = writes ? keepLines({ feed, consumers, machineClock, log }) : noLines;
  begun.defer(lines.stop);
  const workOf = worksOn(
    { feed, store, consumers, registry, clock: machineClock },
    config.whole ? undefined : owner,
  );
  const opened = begun.move();
  return {
    ...{ clock, simulated, machineClock, owner, newId, random: systemRandom },
    ...{ ...carrying, store, feed, readStore, personKeys, lines, followed: followedChains(), ...tokens },
    certificates,
    knowsRole: service.knows,
    writeSide: service.writeSide,
    clockJump: () => toldOf(clockJumps),
    standings: standingsOf(
      stores,
      usesPersonKeys ? personKeys : undefined,
      usesBus ? carrying.bus : undefined,
    ),
    workOf,
    close: () => opened.disposeAsync(),
  };
}

/** What a command of the operator works on, beside the server if one runs. */
export interface BesideEngines {
  readonly store: EventStore;
  readonly readStore: ReadStore;
  readonly consume: Consume;
  readonly clock: Clock;
  temporary(): Promise<TemporaryReadStore>;
  close(): Promise<void>;
}

export interface BesideOptions {
  readonly folder: string;
  /** What names the folder. */
  readonly named?: 'DATA_DIR' | '--data';
  readonly registry: Registry;
  readonly readStore?: ReadStoreAt;
  /** Also where the process that writes the history works on other read models. */
  readonly whicheverReadStore?: boolean;
}

/**
 * Opens a folder beside whoever writes its history.
 *
 * @throws StoreError when there is no history to read, or it is not the whole of what the views have read; UnusableError for the folder,
 *   and for a read store that is another than that of the process which writes
 */
export async function enginesBeside({
  folder,
  named = 'DATA_DIR',
  registry: known,
  readStore: readStoreAt = { engine: 'sqlite' },
  whicheverReadStore = false,
}: BesideOptions): Promise<BesideEngines> {
  const at = storesAt(folder, readStoreAt);
  const clock = systemClock();
  // Where there is none, none is made: it has no history.
  if (!existsSync(folder)) throw new UnusableError(named, `there is no folder ${folder}.`);
  useFolder(folder, named);
  const { store, readStore, close } = await openStores(at, { clock, readOnly: true, whicheverReadStore });
  const { consumers } = readStore;
  const owner = `cli-${newIds({ clock })()}`;
  return {
    store,
    readStore,
    consume: consumerLoop({ feed: store, store, consumers, registry: known, clock, owner }),
    clock,
    temporary: () => temporaryReadStore(at),
    close,
  };
}
