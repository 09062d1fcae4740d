import { existsSync } from 'node:fs';
import { type Config, type ReadStoreAt, UnusableError } from '#config';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { instant } from '#domain/kernel/instant.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import { type EventStore, type StoreError, storeLimits } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId, Random } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { TokenIssuer, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { type JumpWatch, jumpText, watchJumps } from '#engines/clock/jumps.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import type { Sharing } from '#engines/consumer/sharing.ts';
import { DamagedFileError } from '#engines/damaged-file.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { keyFileIn, writableFolder } from '#engines/folder.ts';
import { newIds } from '#engines/ids.ts';
import { systemRandom } from '#engines/random.ts';
import { joseIssuer, joseVerifier } from '#engines/tokens/jose.ts';
import { keptKey, readKey } from '#engines/tokens/key-file.ts';
import { rememberedVerifier } from '#engines/tokens/remembered.ts';
import { EXIT, exitCodeOf } from '#exit';
import { type FollowedChains, followedChains } from '#runtime/followed-chains.ts';
import { registry } from './contexts.ts';
import type { NamedEngine } from './health.ts';
import { type KeptLines, keepLines } from './lines.ts';
import { reasonOf } from './reason.ts';
import { openStores, storesAt, type TemporaryReadStore, temporaryReadStore } from './stores.ts';

export type { SimulatedClock };

/** What every role is built on. */
export interface Engines {
  /** The time of the business: what is decided, recorded and timed runs on it. */
  readonly clock: Clock;
  /** Set where the business lives by a simulated clock; the same one as `clock`. */
  readonly simulated: SimulatedClock | undefined;
  /** The time of the machine: leases, pauses and bounded waits run on it. */
  readonly machineClock: Clock;
  readonly newId: NewId;
  readonly random: Random;
  readonly store: EventStore;
  readonly feed: EventFeed;
  readonly readStore: ReadStore;
  readonly consume: Consume;
  /** Set where replicas of a role share its consumers; a stop leaves it first, and then ends what it runs. */
  readonly sharing?: Sharing;
  /** Write side and catch-up consumer run in this one process: what the first has followed the second need not. */
  readonly followed: FollowedChains;
  /** In which chains stand, in this process. */
  readonly lines: KeptLines;
  readonly tokens: TokenVerifier;
  /** Only in development. */
  readonly issuer: TokenIssuer | undefined;
  close(): Promise<void>;
}

export interface EmbeddedEngines extends Engines {
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

/** What the system says of a path that this user cannot use as a file. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** @throws UnusableError; DamagedFileError for a key of ours; what the system says of a disk that takes no new one */
async function tokensOf({ tokens, devTokens, dataDir }: Config, clock: Clock) {
  const { keyFile, issuer, audience } = tokens;
  const file = keyFile ?? keyFileIn(dataDir);
  try {
    const key = keyFile === undefined ? await keptKey(file) : await readKey(file);
    const options = { key, issuer, audience, clock };
    return {
      tokens: rememberedVerifier(await joseVerifier(options), clock),
      issuer: devTokens ? await joseIssuer(options) : undefined,
    };
  } catch (error) {
    if (exitCodeOf(error) === EXIT.unavailable) throw error;
    const reason = reasonOf(error);
    const why = reason.includes(file) ? reason : `${file} is no key for Ed25519: ${reason}`;
    if (keyFile !== undefined) throw new UnusableError('TOKEN_KEY_FILE', why);
    if (isSystemError(error)) throw new UnusableError('DATA_DIR', why);
    const remedy =
      'Bring it back, or delete it: a new key is made then, and no token issued before is taken.';
    throw new DamagedFileError(file, why.slice(file.length + 1), remedy, { cause: error });
  }
}

/** Says it when a key was made for people who have tokens of another: theirs are refused, and nothing else tells why. */
async function warnOfNewKey(config: Config, store: EventStore, log: Log): Promise<void> {
  const file = keyFileIn(config.dataDir);
  if (config.tokens.keyFile !== undefined || existsSync(file) || (await store.head()) === 0n) return;
  log.warn(
    { file },
    'the key of earlier tokens is gone: a new one is made, and no token issued before is taken',
  );
}

/** @param named what says which folder it is @throws UnusableError */
function useFolder(folder: string, named: 'DATA_DIR' | '--data'): void {
  try {
    writableFolder(folder);
  } catch (error) {
    throw new UnusableError(named, `${reasonOf(error)}. It names a folder that this user may write to.`);
  }
}

/** Says when the machine's clock was set: while it runs, and back since one of the last events was recorded. */
async function watchClock(store: EventStore, log: Log): Promise<JumpWatch> {
  const { events } = await store.readAll({ direction: 'backwards', limit: storeLimits.pageEvents });
  const now = systemClock().now();
  const [latest] = events
    .map(({ recordedAt }) => recordedAt)
    .toSorted()
    .reverse();
  if (latest !== undefined && now < latest)
    log.warn(
      { now, latest },
      'the clock stands before what the history has recorded; order goes by position, but what is timed comes late',
    );
  return watchJumps((jump) => log.warn(jump, `${jumpText(jump)}; what is timed follows it`));
}

/** The embedded profile: SQLite for events and views, everything else in process. */
export async function embeddedEngines({ config, log, onFatal }: EnginesOptions): Promise<EmbeddedEngines> {
  const { dataDir: folder } = config;
  useFolder(folder, 'DATA_DIR');
  const machineClock = steadyClock();
  let clock: Clock = systemClock();
  // Before keys and ledgers: each of them tells the next start that there was a history.
  const stores = await openStores(storesAt(folder, config.readStore), {
    // The store stamps what it records by the business clock, which a simulated business learns from the store.
    clock: { now: () => clock.now() },
    ...{ log, onFatal, acceptedLoss: config.acceptedLoss, keyFile: config.tokens.keyFile },
  });
  const { store, readStore } = stores;
  const simulated = config.clock === 'simulated' ? await simulatedFrom(store) : undefined;
  clock = simulated ?? systemClock();
  const clockJumps = await watchClock(store, log);
  await warnOfNewKey(config, store, log);
  const feed = eventFeed(store, { clock: machineClock });
  const { consumers } = readStore;
  const lines = keepLines({ feed, consumers, machineClock, log });
  const newId = newIds({ clock: machineClock });
  // Whoever holds this folder's history is the only one to run its consumers: a restart need not wait for the leases of a
  // process that was killed.
  const owner = 'embedded';
  const consume = consumerLoop({ feed, store, consumers, registry, clock: machineClock, owner });
  return {
    clock,
    simulated,
    machineClock,
    clockJump() {
      const jump = clockJumps.last();
      return jump && `${jumpText(jump)} at ${jump.at}`;
    },
    newId,
    random: systemRandom,
    store,
    feed,
    readStore,
    standings: [
      { name: 'event-store', standing: store.standing },
      { name: 'read-store', standing: readStore.standing },
    ],
    followed: followedChains(),
    lines,
    consume: (handler, options) => consume(handler, { from: BEGINNING, ...options }),
    ...(await tokensOf(config, clock)),
    async close() {
      clockJumps.stop();
      await lines.stop();
      await feed.close();
      await stores.close();
    },
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

/**
 * Opens a folder beside whoever writes its history.
 *
 * @throws StoreError when there is no history to read, or it is not the whole of what the views have read
 */
export async function enginesBeside(
  folder: string,
  known: Registry,
  readStoreAt: ReadStoreAt = { engine: 'sqlite' },
): Promise<BesideEngines> {
  const at = storesAt(folder, readStoreAt);
  const clock = systemClock();
  // Where there is none, none is made: whoever mistypes its name is told that there is no history.
  if (existsSync(folder)) useFolder(folder, '--data');
  const { store, readStore, close } = await openStores(at, { clock, readOnly: true });
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
