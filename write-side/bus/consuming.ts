import type { Bus, BusConsumer } from '#domain/kernel/ports/bus.ts';
import { doubled, every, pause } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { type CommandCounts, type RecordHandlingOptions, recordHandling } from './commands.ts';
import { declaredTopics } from './topics.ts';

/** Records of one partition that are at work at once: what is done again where a process is killed. */
const RECORDS_AT_ONCE = 50;
/** Pauses between two tries to make the topics. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** Between two looks whether a topic that was there is gone. */
const LOOK_MS = 5_000;

export interface BusCommandsOptions extends RecordHandlingOptions {
  readonly bus: Bus;
  /** Asked before anything is taken. @throws BusError where the topics are another history's */
  readonly claim: () => Promise<unknown>;
}

export interface BusCommands {
  /** Resolves when commands are taken. */
  readonly joined: Promise<void>;
  /** What goes wrong and is tried again (undefined: nothing), and what has been done. */
  status(): CommandCounts & { readonly problem: string | undefined };
  /** Takes nothing more, and resolves when what was at work is done. Repeats wait for the first. */
  stop(): Promise<void>;
}

/** Takes commands from the bus, as soon as that is there. Never rejects for a bus that is away. */
export function busCommands(options: BusCommandsOptions): BusCommands {
  const { bus, topics, claim, clock, log } = options;
  const handling = recordHandling(options);
  const stopping = new AbortController();
  let undeclared: string | undefined;
  let consumer: BusConsumer | undefined;
  let stopLooking: (() => void) | undefined;
  let making = false;

  /** @returns whether the topics are there; not where it is stopped before */
  async function declare(): Promise<boolean> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        await claim();
        await bus.declare(declaredTopics(topics));
        undeclared = undefined;
        return true;
      } catch (error) {
        failures += 1;
        undeclared = reasonOf(error);
        if (failures === 1) log.warn({ err: error }, 'commands cannot be taken from the bus yet');
        await pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), stopping.signal);
      }
    }
    return false;
  }

  async function begin(): Promise<void> {
    if (!(await declare()) || stopping.signal.aborted) return;
    consumer = bus.consume({
      group: topics.group,
      topics: [topics.commands, ...topics.retries.map(({ name }) => name)],
      handle: handling.handle,
      most: RECORDS_AT_ONCE,
    });
    stopLooking = every(clock, LOOK_MS, makeAgain);
    await consumer.joined;
  }

  /** While something goes wrong it may be that somebody has deleted a topic. */
  function makeAgain(): void {
    if (making || consumer?.problem() === undefined) return;
    making = true;
    bus
      .declare(declaredTopics(topics))
      // The problem tells of it already.
      .catch(() => undefined)
      .finally(() => {
        making = false;
      });
  }

  const joined = begin();
  let stopped: Promise<void> | undefined;
  async function end(): Promise<void> {
    stopping.abort();
    stopLooking?.();
    if (consumer === undefined) await joined;
    await consumer?.stop();
  }
  return {
    joined,
    status: () => ({ problem: undeclared ?? consumer?.problem(), ...handling.counts() }),
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}
