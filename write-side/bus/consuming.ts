import type { Bus, BusConsumer, BusError } from '#domain/kernel/ports/bus.ts';
import { every } from '#runtime/pause.ts';
import { reasonOf } from '#runtime/reason.ts';
import { watchClaim, whenHad } from '#runtime/topic-claim.ts';
import { type CommandCounts, type RecordHandlingOptions, recordHandling } from './commands.ts';
import { declaredTopics } from './topics.ts';

/** Records of one partition that are at work at once: what is done again where a process is killed. */
const RECORDS_AT_ONCE = 50;
/** Between two looks whether a topic that was there is gone. */
const LOOK_MS = 5_000;

export interface BusCommandsOptions extends RecordHandlingOptions {
  readonly bus: Bus;
  /** Asked before anything is taken. @throws BusError where the topics are another history's */
  readonly claim: () => Promise<unknown>;
  /** The same, while commands are taken. @throws as that */
  readonly claimAgain: (signal: AbortSignal) => Promise<unknown>;
  /** Between two looks whose the topics are; default a minute. */
  readonly lookMs?: number;
}

export interface BusCommands {
  /** Resolves when commands are taken. */
  readonly joined: Promise<void>;
  /** What goes wrong and is tried again (undefined: nothing), and what has been done. */
  status(): CommandCounts & { readonly problem: string | undefined };
  /** Takes nothing more, and resolves when what was at work is done. Repeats wait for the first. */
  stop(): Promise<void>;
}

/**
 * Claims the topics, and makes what is missing of them; tries until it works.
 * @returns whether they are there; not where it is stopped before
 */
async function topicsThere(
  { bus, topics, claim, clock, log }: BusCommandsOptions,
  signal: AbortSignal,
  told: (problem: string | undefined) => void,
): Promise<boolean> {
  async function have(): Promise<true> {
    await claim();
    await bus.declare(declaredTopics(topics));
    told(undefined);
    return true;
  }
  const had = await whenHad(have, {
    ...{ clock, signal },
    failed(error, failures) {
      told(reasonOf(error));
      if (failures === 1) log.warn({ err: error }, 'commands cannot be taken from the bus yet');
    },
  });
  return had === true;
}

/** Makes topics that are missing, where it is wanted, one try at a time. */
function making({ bus, topics }: BusCommandsOptions, isWanted: () => boolean): () => void {
  let isMaking = false;
  return () => {
    if (isMaking || !isWanted()) return;
    isMaking = true;
    bus
      .declare(declaredTopics(topics))
      // The problem tells of it already.
      .catch(() => undefined)
      .finally(() => {
        isMaking = false;
      });
  };
}

/** Takes commands from the bus, as soon as that is there. Never rejects for a bus that is away. */
export function busCommands(options: BusCommandsOptions): BusCommands {
  const { bus, topics, claimAgain, lookMs, clock, log } = options;
  const handling = recordHandling(options);
  const stopping = new AbortController();
  let undeclared: string | undefined;
  let consumer: BusConsumer | undefined;
  let stopLooking: (() => void) | undefined;

  const declare = () =>
    topicsThere(options, stopping.signal, (problem) => {
      undeclared = problem;
    });
  const stands = async (): Promise<boolean> => {
    await claimAgain(stopping.signal);
    return true;
  };
  async function begin(): Promise<void> {
    if (!(await declare()) || stopping.signal.aborted) return;
    consumer = bus.consume({
      group: topics.group,
      topics: [topics.commands, ...topics.retries.map(({ name }) => name)],
      handle: handling.handle,
      most: RECORDS_AT_ONCE,
    });
    const looks = [every(clock, LOOK_MS, makeAgain), watchClaim({ clock, lookMs, stands, lost })];
    stopLooking = () => {
      for (const stop of looks) stop();
    };
    await consumer.joined;
  }

  // While something goes wrong it may be that somebody has deleted a topic.
  const makeAgain = making(options, () => consumer?.problem() !== undefined);

  /** They are another history's by now: nothing more is taken of them. */
  function lost(refused?: BusError): void {
    if (stopping.signal.aborted) return;
    undeclared = reasonOf(refused);
    log.error({ err: refused }, 'no commands are taken from the bus any more');
    working = beginAnew();
  }

  async function beginAnew(): Promise<void> {
    stopLooking?.();
    await consumer?.stop();
    consumer = undefined;
    await begin();
  }

  const joined = begin();
  let working = joined;
  let stopped: Promise<void> | undefined;
  async function end(): Promise<void> {
    stopping.abort();
    stopLooking?.();
    if (consumer === undefined) await working;
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
