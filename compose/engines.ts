import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { type FollowedChains, followedChains } from '#domain/kernel/followed-chains.ts';
import { instant } from '#domain/kernel/instant.ts';
import type { Consume } from '#domain/kernel/ports/consumer.ts';
import type { EventFeed } from '#domain/kernel/ports/event-feed.ts';
import type { EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId, Random } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { TokenIssuer, TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { registry } from '#domain/registry.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { newIds } from '#engines/ids.ts';
import { systemRandom } from '#engines/random.ts';
import { belongTo } from '#engines/read-store/history.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import { joseIssuer, joseVerifier } from '#engines/tokens/jose.ts';
import { keptKey, readKey } from '#engines/tokens/key-file.ts';
import { rememberedVerifier } from '#engines/tokens/remembered.ts';

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
  /** Write side and safety net run in this one process: what the first has followed the second need not. */
  readonly followed: FollowedChains;
  readonly tokens: TokenVerifier;
  /** Only in development. */
  readonly issuer: TokenIssuer | undefined;
  close(): Promise<void>;
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

async function tokensOf({ tokens, devTokens, dataDir }: Config, clock: Clock) {
  const key =
    tokens.keyFile === undefined
      ? await keptKey(join(dataDir, 'token-key.json'))
      : await readKey(tokens.keyFile);
  const options = { key, issuer: tokens.issuer, audience: tokens.audience, clock };
  return {
    tokens: rememberedVerifier(await joseVerifier(options), clock),
    issuer: devTokens ? await joseIssuer(options) : undefined,
  };
}

/** The embedded profile: SQLite for events and views, everything else in process. */
export async function embeddedEngines({ config, log, onFatal }: EnginesOptions): Promise<Engines> {
  const { dataDir: folder } = config;
  mkdirSync(folder, { recursive: true });
  const machineClock = systemClock();
  let clock: Clock = machineClock;
  // The store stamps what it records by the business clock, which a simulated business learns from the store.
  const store = await openSqliteEventStore({ folder, clock: { now: () => clock.now() }, onFatal });
  const simulated = config.clock === 'simulated' ? await simulatedFrom(store) : undefined;
  clock = simulated ?? machineClock;

  const readStore = openSqliteReadStore({ folder });
  if (await belongTo(readStore, store.epoch))
    log.warn({ epoch: store.epoch }, 'the views belonged to another history and are made anew');
  const feed = eventFeed(store, { clock: machineClock });
  const newId = newIds({ clock: machineClock });
  // Whoever holds this folder's history is the only one to run its consumers: a restart need not wait for the leases of a
  // process that was killed.
  const owner = 'embedded';
  const consume = consumerLoop({ feed, store, readStore, registry, clock: machineClock, owner });
  return {
    clock,
    simulated,
    machineClock,
    newId,
    random: systemRandom,
    store,
    feed,
    readStore,
    followed: followedChains(),
    consume: (handler, options) => consume(handler, { from: BEGINNING, ...options }),
    ...(await tokensOf(config, clock)),
    async close() {
      await feed.close();
      await store.close();
      await readStore.close();
    },
  };
}
