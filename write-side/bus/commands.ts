import type { Reply } from '#domain/kernel/envelope.ts';
import { type Instant, millisecondsOf } from '#domain/kernel/instant.ts';
import { type Bus, BusError, type ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Revocations } from '#domain/kernel/ports/revocations.ts';
import type { Sealing } from '#domain/kernel/ports/sealing.ts';
import type { TokenVerifier } from '#domain/kernel/ports/tokens.ts';
import { pause } from '#runtime/pause.ts';
import { type Died, deadLetters } from './dead-letters.ts';
import { type DecidingOptions, deciding } from './deciding.ts';
import { readEnvelope } from './envelope.ts';
import { type Replies, replies } from './replies.ts';
import { type ReadCommand, type Retries, retries } from './retried.ts';
import type { CommandTopics } from './topics.ts';

export interface RecordHandlingOptions extends DecidingOptions {
  readonly bus: Pick<Bus, 'send'>;
  readonly topics: CommandTopics;
  /** What the names of topics begin with to which replies may go. */
  readonly replyPrefixes: readonly string[];
  readonly tokens: TokenVerifier;
  /** Asked again of whoever sent what has waited. */
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  /**
   * The moment at which the token of a record is judged that the bus took then: the same one, however often it is read, unless the business
   * lives by a clock of its own. Where the time is only claimed: that of now.
   */
  readonly judgedAt: (takenAt: Instant) => Instant;
  readonly sealing: Sealing;
  /** The time of the machine: the bus takes records by it, and pauses run on it. */
  readonly clock: Clock;
  /** Of the store, for tokens. */
  readonly epoch: string;
  readonly newId: NewId;
  readonly log: Log;
}

/** What has become of records since the start. */
export interface CommandCounts {
  /** Decided, whatever came of it. */
  readonly answered: number;
  /** Handed on, to be tried again. */
  readonly handedOn: number;
  readonly deadLetters: number;
}

export interface RecordHandling {
  /** Does all that is to be done for records of one partition. @throws where that was not possible, for it to be done again */
  handle(records: readonly ReceivedRecord[], signal: AbortSignal): Promise<void>;
  counts(): CommandCounts;
}

/** The partition is another's, or the process ends: what has not begun is left to whoever reads it next. */
class LeftError extends Error {
  constructor() {
    super('left to whoever reads it next');
    this.name = 'LeftError';
  }
}

/** Records by key, each in their order; one without a key stands in no order. */
function byKey(records: readonly ReceivedRecord[]): readonly (readonly ReceivedRecord[])[] {
  const lines = new Map<string, ReceivedRecord[]>();
  for (const record of records) {
    const { key, offset } = record;
    const name = key === undefined ? `without ${offset}` : `key ${Buffer.from(key).toString('base64')}`;
    const line = lines.get(name) ?? [];
    lines.set(name, line);
    line.push(record);
  }
  return [...lines.values()];
}

/**
 * Does something for each record, in lines by key beside each other; behind a failure, or the signal, none is begun any more.
 * @throws what one of them failed with, when none is at work any more: the same records may be handed over again
 */
async function inLines(
  records: readonly ReceivedRecord[],
  signal: AbortSignal,
  one: (record: ReceivedRecord, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const lines = byKey(records).map(async (line) => {
    for (const record of line) {
      if (either.aborted) throw new LeftError();
      await one(record, either).catch((error: unknown) => {
        failed.abort();
        throw error;
      });
    }
  });
  const ends = await Promise.allSettled(lines);
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((error) => !(error instanceof LeftError)) ?? failures[0];
}

/** So often a command is handed on before its reply is laid aside: the last pause is a minute, and it has waited for more by then. */
const REPLY_TRIES = 3;

/** What is made of a record before it is decided. */
type Read = { readonly command: ReadCommand } | { readonly died: Died };

/** Reads records: as they came from outside, and as they come back from the topics in which they waited. */
function reading(
  { topics, tokens, revocations, judgedAt, replyPrefixes, clock }: RecordHandlingOptions,
  { allows }: Replies,
  waiting: Retries,
) {
  async function fromOutside(record: ReceivedRecord): Promise<Read> {
    const read = readEnvelope(record);
    if ('unreadable' in read) return { died: { record, cause: 'unreadable', reason: read.unreadable } };
    const { token, ...command } = read;
    if (command.replyTo !== undefined && !allows(command.replyTo)) {
      const reason = `a reply may only go to topics that begin with ${replyPrefixes.join(', ')}`;
      return { died: { record, cause: 'reply_not_allowed', reason, command } };
    }
    const { takenAt, timeIsClaimed } = record;
    // By a time of their own senders make a token last for as long as they like.
    const at = judgedAt(timeIsClaimed ? clock.now() : takenAt);
    const known = token === undefined ? undefined : await tokens.verify(token, at);
    return {
      command: {
        ...command,
        ...(known && { actor: known.actor, steppedUp: known.steppedUp, token: known.token }),
        takenAt,
        tries: 0,
      },
    };
  }

  async function afterWaiting(record: ReceivedRecord, signal: AbortSignal): Promise<Read> {
    const found = await waiting.read(record);
    if (found === undefined)
      return { died: { record, cause: 'not_ours', reason: 'it was not put there by this platform' } };
    const leftMs = millisecondsOf(found.dueAt) - millisecondsOf(clock.now());
    if (leftMs > 0) await pause(clock, Math.min(leftMs, found.pauseMs), signal);
    return { command: ofWhomStillTaken(found.command) };
  }

  /** Whoever was kept out meanwhile is nobody. What stands in the history already is answered all the same. */
  function ofWhomStillTaken(command: ReadCommand): ReadCommand {
    const { actor, token = {}, ...rest } = command;
    if (actor === undefined || command.recorded) return command;
    return revocations.isRevoked({ actor, token }) ? rest : command;
  }

  return (record: ReceivedRecord, signal: AbortSignal): Promise<Read> =>
    record.topic === topics.commands ? fromOutside(record) : afterWaiting(record, signal);
}

type Counts = { -readonly [name in keyof CommandCounts]: number };

/** Where a record goes that is not done with by a reply. */
function passingOn(
  { bus, topics, registry, sealing, clock, log }: RecordHandlingOptions,
  waiting: Retries,
  counts: Counts,
) {
  const dead = deadLetters({ topic: topics.dead, registry, sealing, clock });

  async function layAside(died: Died): Promise<void> {
    await bus.send([dead.of(died)]);
    counts.deadLetters += 1;
    const { topic, partition, offset } = died.record;
    const from = `${topic}/${partition}/${offset}`;
    log.warn(
      { from, cause: died.cause, reason: died.reason },
      'a record of the command topics is laid aside',
    );
  }

  async function handOn(record: ReceivedRecord, command: ReadCommand): Promise<void> {
    await bus.send([await waiting.record(command, record)]);
    counts.handedOn += 1;
  }

  return { layAside, handOn };
}

/**
 * The way of a record: read, decided once, answered, or handed on to where it waits, or laid aside with the reason; and only then done
 * with. After a crash between any two of these the whole is done again: the pipeline knows the command by its key and gives the reply of
 * the first time.
 */
export function recordHandling(options: RecordHandlingOptions): RecordHandling {
  const { bus, topics, registry, sealing, clock, newId, log, replyPrefixes, epoch } = options;
  const decide = deciding(options);
  const answers = replies({ bus, registry, prefixes: replyPrefixes, epoch, clock });
  const waiting = retries(topics, sealing, clock);
  const read = reading(options, answers, waiting);
  const counts = { answered: 0, handedOn: 0, deadLetters: 0 };
  const { layAside, handOn } = passingOn(options, waiting, counts);

  /** @returns whether it is done with: its reply stands, or was laid aside */
  async function answer(record: ReceivedRecord, command: ReadCommand, reply: Reply): Promise<boolean> {
    const { replyTo, correlationId = command.idempotencyKey, actor, tries } = command;
    const lost = replyTo && (await answers.send(reply, { topic: replyTo, correlationId }));
    if (!lost) return true;
    const { why, mayPass, ...unsent } = lost;
    try {
      // Nobody else waits for a topic that takes no reply. Whoever is nobody waits nowhere.
      if (mayPass && actor !== undefined && tries < REPLY_TRIES) {
        await handOn(record, reply.events.length > 0 ? { ...command, recorded: true } : command);
        return false;
      }
      await layAside({ record, cause: 'reply_undelivered', reason: why, command, reply: unsent });
      return true;
    } catch (error) {
      answers.trust(lost.topic);
      throw error;
    }
  }

  async function finish(record: ReceivedRecord, command: ReadCommand): Promise<void> {
    const outcome = await decide(command);
    if (outcome.kind === 'later') return handOn(record, command);
    const { reply, kind } = outcome;
    if (!(await answer(record, command, reply))) return;
    if (kind === 'too_old') {
      const reason = 'nobody could decide it while its key was sure to be remembered';
      await layAside({ record, cause: 'too_old', reason, command, rejection: outcome.reply.rejection });
    }
    counts.answered += 1;
  }

  async function one(record: ReceivedRecord, signal: AbortSignal): Promise<void> {
    try {
      const found = await read(record, signal);
      if (signal.aborted) throw new LeftError();
      await ('died' in found ? layAside(found.died) : finish(record, found.command));
    } catch (error) {
      if (error instanceof BusError || error instanceof LeftError) throw error;
      // A mistake of ours would be met again for ever, and hold up all that is behind it.
      const reference = newId();
      log.error({ reference, err: error }, 'a record of the command topics failed for a mistake of ours');
      await layAside({ record, cause: 'failed', reason: `a mistake of ours: ${reference}` });
    }
  }

  return {
    handle: (records, signal) => inLines(records, signal, one),
    counts: () => ({ ...counts }),
  };
}
