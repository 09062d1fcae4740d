import { memoryStores } from '#compose/stores.ts';
import { systemActor } from '#domain/kernel/actor.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { BEGINNING, type Dispatch } from '#domain/kernel/envelope.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { Consume, Consumer } from '#domain/kernel/ports/consumer.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { events as sagaEvents } from '#domain/workflows/saga/messages.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { shareWork } from '#engines/consumer/sharing.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { type Reactions, startReactions } from '#sagas/runtime/reactions.ts';
import { type Sagas, startSagas } from '#sagas/runtime/sagas.ts';
import { knownBy } from './members.ts';
import { givenPlatform, type Platform } from './platform.ts';
import { transferContext, transferDeciders } from './transfers.ts';

/** What outlives a process. */
export interface World {
  readonly store: EventStore;
  readonly clock: SimulatedClock;
  readStore: ReadStore;
  /** Counts the processes: each has ids of its own, also when two run at the same time. */
  starts: number;
}

export const START = '2026-03-01T12:00:00.000Z';

export function givenWorld(): World {
  const clock = simulatedClock({ start: START });
  return { clock, store: memoryStores({ clock }).store, readStore: memoryStores().readStore, starts: 0 };
}

/**
 * Where a process dies: at its nth append to a saga's stream or dispatch of a command, before it is done or after it
 * is done and before anybody learns of it.
 */
export interface Death {
  readonly at: number;
  readonly side: 'before' | 'after';
}

export interface RuntimeOptions {
  readonly sagas?: readonly Saga[];
  readonly reactions?: readonly Reaction[];
  /** Those that the write side runs itself. */
  readonly reactionsAtOnce?: readonly Reaction[];
  readonly death?: Death;
  /** Whether this process runs a consumer; another one holds the leases of the rest. By default it runs all. */
  readonly runs?: (consumer: string) => boolean;
  /** Shares the consumers with every other process that does, instead of leaving them to whoever comes first. */
  readonly shares?: boolean;
  /** Resolves while the process goes on; whatever it asks of others waits for it, before and behind. */
  readonly going?: () => Promise<void>;
  /** Stands between the sagas and the write side. */
  readonly dispatch?: (inner: Dispatch) => Dispatch;
}

export interface Runtime {
  readonly platform: Platform;
  readonly sagas: Sagas;
  readonly reactions: Reactions;
  /** How many appends and dispatches there have been. */
  readonly operations: () => number;
  /** Resolves when the process has died. */
  readonly dead: Promise<void>;
  /** Sends as the system, and expects that it is taken in. */
  send(command: Command): Promise<void>;
  /** Resolves when nothing is left to do before the next timer; throws after five seconds. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

const WAIT_MS = 5_000;
const LEASE_MS = 200;

/** A mortal process: after its death nothing it does has an effect any more. */
function mortality(death: Death | undefined, going: () => Promise<void> = async () => undefined) {
  const died = Promise.withResolvers<void>();
  let operations = 0;
  let isDead = false;
  const gone = () => new StoreError('closed', 'the process is dead');
  const die = () => {
    isDead = true;
    died.resolve();
    return gone();
  };
  return {
    died: died.promise,
    operations: () => operations,
    alive() {
      if (isDead) throw gone();
    },
    async operation<T>(work: () => Promise<T>): Promise<T> {
      if (isDead) throw gone();
      await going();
      const mine = operations++;
      if (death?.at === mine && death.side === 'before') throw die();
      const result = await work();
      await going();
      if (death?.at === mine && death.side === 'after') throw die();
      if (isDead) throw gone();
      return result;
    },
  };
}

/** A consumer whose lease another process holds. */
const idle = (name: string): Consumer => ({
  name,
  status: () => ({
    ...{ name, state: 'waiting-for-lease', position: BEGINNING, parkedKeys: 0, handled: 0, held: [] },
    problem: undefined,
  }),
  reached: async () => true,
  reachedHere: async () => true,
  stop: async () => undefined,
});

/** Write side, feed, consumers, catch-up consumer and sagas over a world, wired as in production. */
export async function startRuntime(world: World, options: RuntimeOptions = {}): Promise<Runtime> {
  const { store, clock, readStore } = world;
  const life = mortality(options.death, options.going);
  world.starts += 1;
  const platform = givenPlatform({
    contexts: [transferContext, { name: 'processes', description: '', events: sagaEvents, commands: [] }],
    deciders: transferDeciders,
    reactions: options.reactionsAtOnce ?? [],
    store,
    clock,
    seed: world.starts,
  });
  const wall = systemClock();
  const feed = eventFeed(store, { clock: wall });
  const owner = platform.newId();
  const consumers = knownBy(readStore.consumers, options.going);
  const sharing = options.shares
    ? shareWork({ consumers, clock: wall, group: 'sagas', owner, lookMs: 40, presentMs: LEASE_MS })
    : undefined;
  const loop = consumerLoop({
    ...{ feed, store, consumers, registry: platform.registry, clock: wall, owner },
    ...{ leaseMs: LEASE_MS, retryPollMs: 20, ...(sharing && { sharing }) },
  });
  const { runs = () => true } = options;
  // The dead commit nothing.
  const consume: Consume = async (handler, from) => {
    if (!runs(handler.name)) return idle(handler.name);
    return loop(
      {
        ...handler,
        async handle(events, signal) {
          const handled = await handler.handle(events, signal);
          life.alive();
          return handled;
        },
      },
      from,
    );
  };
  const { dispatch: straight } = platform.pipeline;
  const between = options.dispatch?.(straight) ?? straight;
  const dispatch: Dispatch = (envelope) => life.operation(() => between(envelope));
  const reactions = await startReactions({
    reactions: options.reactions ?? [],
    consume,
    dispatch,
    registry: platform.registry,
  });
  const sagas = await startSagas({
    sagas: options.sagas ?? [],
    consume,
    store: {
      append: (stream, expected, events) => life.operation(() => store.append(stream, expected, events)),
      readStream: (stream, page) => store.readStream(stream, page),
    },
    documents: readStore.documents,
    dispatch,
    registry: platform.registry,
    clock,
    pauseClock: wall,
    newId: platform.newId,
  });

  async function settle(): Promise<void> {
    for (let before = -1n; before !== (await store.head()); ) {
      before = await store.head();
      if (!(await reactions.reached(before, WAIT_MS))) throw new Error('the reactions do not come to rest');
      if (!(await sagas.settled(before, WAIT_MS))) throw new Error('the sagas do not come to rest');
    }
  }

  return {
    platform,
    sagas,
    reactions,
    operations: life.operations,
    dead: life.died,
    async send(command) {
      const reply = await platform.send(command, systemActor('test'));
      if (reply.outcome !== 'accepted') throw new Error(`${command.command}: ${JSON.stringify(reply)}`);
    },
    settle,
    async stop() {
      await sharing?.leave();
      await sagas.stop();
      await reactions.stop();
      await platform.pipeline.drain();
      await feed.close();
    },
  };
}

/** The types of a stream's events, in order. */
export async function typesOf({ store }: World, stream: string): Promise<string[]> {
  const events = await store.readStream(stream, { limit: 1_000 });
  return events.map(({ type }) => type);
}

/** What each step of an instance took in, in order. */
export async function inputsOf({ store }: World, stream: string): Promise<string[]> {
  const events = await store.readStream(stream, { limit: 1_000 });
  return events.map(({ data }) => {
    const input = data.input as JsonObject;
    const event = input.event as JsonObject | undefined;
    return String(event?.type ?? input.purpose ?? input.name);
  });
}

/** Runs a process over the world for as long as the scenario takes. */
export async function during(
  world: World,
  options: RuntimeOptions,
  scenario: (runtime: Awaited<ReturnType<typeof startRuntime>>) => Promise<void>,
): Promise<void> {
  const runtime = await startRuntime(world, options);
  try {
    await scenario(runtime);
  } finally {
    await runtime.stop();
  }
}
