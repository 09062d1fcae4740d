import { temporaryPersonKeys } from '#compose/person-keys.ts';
import { memoryStores } from '#compose/stores.ts';
import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { AnyDecider } from '#domain/kernel/decider.ts';
import type { Envelope, Reply, StoredEvent } from '#domain/kernel/envelope.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { PersonKeys } from '#domain/kernel/ports/person-keys.ts';
import type { SnapshotStore } from '#domain/kernel/ports/snapshot-store.ts';
import type { Reaction } from '#domain/kernel/reaction.ts';
import { type Context, type Registry, registryOf } from '#domain/kernel/registry.ts';
import type { Workflow } from '#domain/kernel/workflow.ts';
import { type SimulatedClock, simulatedClock } from '#engines/clock/simulated.ts';
import type { PipelineLimits } from '#write-side/pipeline/limits.ts';
import { createPipeline, type Pipeline } from '#write-side/pipeline/pipeline.ts';
import { seededIds, seededRandom } from './seeded.ts';

export interface PlatformOptions {
  readonly contexts: readonly Context[];
  readonly deciders: readonly AnyDecider[];
  readonly workflows?: readonly Workflow[];
  readonly reactions?: readonly Reaction[];
  /** Another platform's, for what happens between two processes or after a restart. */
  readonly store?: EventStore;
  readonly clock?: SimulatedClock;
  /** By which the pipeline pauses and waits, where it is another than the business's. */
  readonly pauseClock?: Clock;
  readonly snapshots?: SnapshotStore;
  readonly limits?: Partial<PipelineLimits>;
  readonly log?: Log;
  readonly seed?: number;
  readonly personKeys?: Pick<PersonKeys, 'make'>;
}

export interface Platform {
  readonly store: EventStore;
  readonly clock: SimulatedClock;
  readonly newId: NewId;
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  /** Sends a command as a person would; without an id of its own it gets a fresh one. */
  send(command: Command, actor: Actor, commandId?: string, more?: Partial<Envelope>): Promise<Reply>;
  /** All of a stream's events, as stored. */
  history(stream: string): Promise<readonly StoredEvent[]>;
}

/** A person with roles; reputation 0. */
export const someone = (id: string, ...roles: readonly Role[]): Actor => ({
  id,
  roles: [...roles],
  reputation: 0,
});

/** A write side over a store in memory, on a clock that stands still and ids that repeat with the seed. */
export function givenPlatform(options: PlatformOptions): Platform {
  const clock = options.clock ?? simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
  const store = options.store ?? memoryStores({ clock }).store;
  const registry = registryOf(options.contexts);
  const seed = options.seed ?? 1;
  const newId = seededIds(clock, seed);
  const pipeline = createPipeline({
    store,
    registry,
    deciders: options.deciders,
    workflows: options.workflows ?? [],
    reactions: options.reactions ?? [],
    clock,
    newId,
    personKeys: options.personKeys ?? temporaryPersonKeys(),
    random: seededRandom(seed),
    ...(options.pauseClock && { pauseClock: options.pauseClock }),
    ...(options.snapshots && { snapshots: options.snapshots }),
    ...(options.limits && { limits: options.limits }),
    ...(options.log && { log: options.log }),
  });
  return {
    store,
    clock,
    newId,
    registry,
    pipeline,
    async send({ command, data }, actor, commandId = newId(), more = {}) {
      const declared = registry.commands.get(command)?.command;
      if (declared === undefined) throw new TypeError(`${command} is not in the registry`);
      const json: unknown = declared.schema.encode(data as never);
      return pipeline.dispatch({
        command,
        data: json,
        commandId,
        actor,
        steppedUp: true,
        origin: { channel: 'http' },
        ...more,
      });
    },
    async history(stream) {
      const events: StoredEvent[] = [];
      for (;;) {
        const page = await store.readStream(stream, { from: events.length, limit: 1_000 });
        events.push(...page);
        if (page.length < 1_000) return events;
      }
    },
  };
}

/** Lets time pass for as long as somebody waits for it, until the work is done. */
export async function inTime<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let done = false;
  const end = (): void => {
    done = true;
  };
  work.then(end, end);
  while (!done) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const next = clock.next();
    if (!done && next !== undefined) clock.advanceTo(next);
  }
  return work;
}
