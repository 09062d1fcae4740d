// Processes that share the consumers of one read store, in this process: each with a clock of its own, and each may be killed or
// paused in the midst of its work.

import type { Consumer, Handler } from '#domain/kernel/ports/consumer.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { shareWork } from '#engines/consumer/sharing.ts';
import { registry } from './counters.ts';
import { machineClockOf } from './machine-clock.ts';

/** In milliseconds. */
export interface Pace {
  readonly lookMs: number;
  readonly leaseMs: number;
}
/** As in production, and all twenty times as fast. */
export const FAST: Pace = { lookMs: 50, leaseMs: 300 };
/** For an engine that takes its time when the machine is busy. */
export const STEADY: Pace = { lookMs: 200, leaseMs: 2_000 };

/** Calls that get through until it is stopped, and again when it goes on. */
export function stoppable() {
  let going: PromiseWithResolvers<void> | undefined;
  return {
    through: (): Promise<void> => going?.promise ?? Promise.resolve(),
    stop() {
      going ??= Promise.withResolvers();
    },
    goOn() {
      going?.resolve();
      going = undefined;
    },
  };
}

/** A store as a process knows it that may stop between asking and being asked, and between the answer and hearing it. */
export function knownBy(
  consumers: ConsumerStore,
  through: () => Promise<void> = async () => undefined,
  calls = new Map<string, number>(),
): ConsumerStore {
  const call = async (name: keyof ConsumerStore, values: readonly unknown[]): Promise<unknown> => {
    await through();
    calls.set(name, (calls.get(name) ?? 0) + 1);
    const answer = await (consumers[name] as (...all: readonly unknown[]) => Promise<unknown>)(...values);
    if (answer === 'fenced') calls.set(answer, (calls.get(answer) ?? 0) + 1);
    await through();
    return answer;
  };
  return new Proxy(consumers, {
    get:
      (_, name: keyof ConsumerStore) =>
      (...values: readonly unknown[]) =>
        call(name, values),
  });
}

export interface MemberOptions {
  readonly leaseMs?: number;
  readonly lookMs?: number;
}

/** A process of the group `counters`. */
export function memberIn(
  store: EventStore,
  readStore: ReadStore,
  owner: string,
  options: MemberOptions = {},
) {
  const { leaseMs, lookMs } = { ...FAST, ...options };
  const clock = machineClockOf(systemClock());
  const process = stoppable();
  const calls = new Map<string, number>();
  const consumers = knownBy(readStore.consumers, process.through, calls);
  const sharing = shareWork({ consumers, clock, group: 'counters', owner, lookMs, presentMs: leaseMs });
  const loop = consumerLoop({
    ...{ feed: store, store, consumers, registry, clock, owner, leaseMs, retryPollMs: 10 },
    sharing,
  });
  const running: Consumer[] = [];
  return {
    owner,
    /** How often each has been asked for; and how many commits were `fenced`. */
    calls,
    clock,
    sharing,
    readStore: { ...readStore, consumers },
    /** A handler is as much part of the process as its store is. */
    async consume(handler: Handler): Promise<Consumer> {
      const consumer = await loop({
        ...handler,
        key: (event) => handler.key(event),
        async handle(events, signal) {
          await process.through();
          const handled = await handler.handle(events, signal);
          await process.through();
          return handled;
        },
      });
      running.push(consumer);
      return consumer;
    },
    held: (): string[] => running.flatMap((consumer) => consumer.status().held).sort(),
    statuses: () => running.map((consumer) => consumer.status()),
    /** Stops in the midst of whatever it does: for ever, if it is not woken. */
    pause: () => process.stop(),
    wake: () => process.goOn(),
    /** Ends in order, as on SIGTERM. */
    async stop() {
      await sharing.leave();
      await Promise.all(running.map((consumer) => consumer.stop()));
    },
  };
}
export type Member = ReturnType<typeof memberIn>;
