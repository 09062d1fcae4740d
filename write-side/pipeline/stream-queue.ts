import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { NewerEventError, type Registry } from '#domain/kernel/registry.ts';
import { Contended, NewerVersion, Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import type { Side } from './admission.ts';
import { type Appended, appendBatch } from './append-batch.ts';
import { type Batch, decideBatch } from './decide-batch.ts';
import { advance, type Head } from './head.ts';
import type { Heads } from './heads.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import type { Pause } from './pause.ts';
import type { Checked } from './preconditions.ts';
import type { Rate } from './rate.ts';
import type { RememberedCommand } from './remembered-commands.ts';
import type { SeenKeys } from './seen-keys.ts';
import type { Snapshots } from './snapshots.ts';

/** What a command came to on its stream, once all that it stands on is durable. */
export type Settled =
  | { readonly kind: 'recorded'; readonly events: readonly RecordedEvent[]; readonly repeated: boolean }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export interface StreamQueues {
  /**
   * Never rejects: what goes wrong is a rejection, too. The command has its place from now on, however long its precondition
   * takes.
   */
  submit(command: ReadyCommand, side: Side, checking: Promise<Checked>): Promise<Settled>;
  size(): { readonly streams: number; readonly commands: number };
}

interface Queued extends ReadyCommand {
  /** What its workflow's precondition handed on, once that is known. */
  precondition: unknown;
  readonly checking: Promise<Checked>;
  readonly side: Side;
  readonly settle: (settled: Settled) => void;
}

interface Queue {
  readonly stream: string;
  readonly waiting: Queued[];
  readonly count: Record<Side, number>;
  /** So many are decided one at a time: one of them made an append that the store will never take. */
  alone: number;
}

export interface Deciding {
  readonly store: Pick<EventStore, 'append' | 'readStream'>;
  readonly registry: Registry;
  readonly heads: Heads;
  readonly snapshots: Snapshots;
  readonly seen: SeenKeys;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly pause: Pause;
  readonly rate: Rate;
  readonly log: Log;
  readonly limits: PipelineLimits;
  /** Records a mistake of ours and makes its rejection. */
  readonly internal: (error: unknown, about: Readonly<Record<string, string>>) => Rejection;
}

/** As the number of a try: so short a pause that nobody misses it, and longer than it takes to hear an answer. */
const MOMENT = 2;

const rejected = (rejection: Rejection): Settled => ({ kind: 'rejected', rejection });

/**
 * One queue for each stream that has work. One append of a stream is in flight; what comes meanwhile is decided in arrival
 * order when it is done, and shares the next.
 */
export function streamQueues(deciding: Deciding): StreamQueues {
  const { store, registry, heads, snapshots, pause, rate, log, limits, internal } = deciding;
  const queues = new Map<string, Queue>();
  /** Streams that take in nothing of role `system` for a moment; see {@link closeForAMoment}. */
  const closed = new Set<string>();
  let queued = 0;

  function settle(command: Queued, settled: Settled): void {
    const queue = queues.get(command.stream);
    if (queue !== undefined) queue.count[command.side] -= 1;
    queued -= 1;
    rate.count();
    command.settle(settled);
  }

  /** Says to all of them what the store's failure means for them. */
  function fail(commands: readonly Queued[], error: unknown): void {
    const [first] = commands;
    if (first === undefined) return;
    heads.drop(first.stream);
    const retry = { retryAfterMs: rate.waitMs(queued) };
    const code = error instanceof StoreError ? error.code : undefined;
    let rejection: Rejection;
    if (error instanceof NewerEventError) rejection = NewerVersion({ event: error.message });
    else if (code === undefined || code === 'invalid_event')
      rejection = internal(error, { stream: first.stream });
    else if (code === 'overloaded') rejection = Overloaded(retry);
    else {
      rejection = Unavailable(retry);
      log.warn({ stream: first.stream, err: error }, 'the store did not take or answer');
    }
    for (const command of commands) settle(command, rejected(rejection));
  }

  /**
   * A command of a reaction or a saga came to nothing for now, and will come again: so do those that come before whoever
   * sent it has heard of it. Else they would be decided before one that came before them.
   */
  async function closeForAMoment(stream: string): Promise<void> {
    if (closed.has(stream)) return;
    closed.add(stream);
    await pause(MOMENT);
    closed.delete(stream);
  }

  /** As {@link closeForAMoment}, for commands that were in the queue: those that wait behind them come again, too. */
  function failBehind({ stream, waiting }: Queue, commands: readonly Queued[]): void {
    if (!commands.some(({ side }) => side === 'system')) return;
    void closeForAMoment(stream);
    const rejection = Unavailable({ retryAfterMs: rate.waitMs(queued) });
    for (const command of waiting.splice(0))
      if (command.side === 'system') settle(command, rejected(rejection));
      else waiting.push(command);
  }

  async function answerRemembered(command: Queued, { firstRevision, lastRevision }: RememberedCommand) {
    try {
      const limit = lastRevision - firstRevision + 1;
      const events = await store.readStream(command.stream, { from: firstRevision, limit });
      if (events.length < limit) throw new StoreError('unavailable', `${command.stream} ends too early`);
      const decoded = events.map((event) => registry.decode(event));
      settle(command, { kind: 'recorded', events: decoded, repeated: true });
    } catch (error) {
      fail([command], error);
    }
  }

  /** Everything the batch stands on is durable: now it may be said. */
  function answer(batch: Batch<Queued>, events: readonly RecordedEvent[]): void {
    for (const { command, verdict } of batch.decided) {
      if (verdict.kind === 'events') {
        const own = events.slice(verdict.first, verdict.first + verdict.count);
        settle(command, { kind: 'recorded', events: own, repeated: verdict.repeated });
      } else if (verdict.kind === 'remembered') {
        void answerRemembered(command, verdict.command);
      } else if (verdict.kind === 'rejected') {
        settle(command, rejected(verdict.rejection));
      } else {
        heads.drop(command.stream);
        const about = { stream: command.stream, command: command.command.type };
        settle(command, rejected(internal(verdict.error, about)));
      }
    }
  }

  function fold(head: Head, events: readonly RecordedEvent[]): void {
    try {
      advance(head, events, limits);
      heads.keep(head);
      snapshots.offer(head);
    } catch (error) {
      // The events are durable and are answered; the next command reads the stream anew.
      heads.drop(head.stream);
      log.error({ stream: head.stream, err: error }, 'recorded events could not be folded');
    }
  }

  /**
   * One try at a batch that was decided at `base`. `retry`: others have written, the same commands have to be decided
   * again. `fresh`: the head was read after these commands came.
   */
  async function record(
    batch: Batch<Queued>,
    { stream, decider }: Head,
    base: number,
    fresh: boolean,
  ): Promise<Appended | 'retry'> {
    if (batch.events.length > 0) {
      const appended = await appendBatch({ store, registry, pause, limits }, stream, base, batch.events);
      return appended.status === 'conflict' ? 'retry' : appended;
    }
    // Nothing is appended, so no expected revision proves that the head is the head: a command that another process has
    // recorded since would get another answer here. What is remembered needs no proof.
    const remembered = batch.decided.every(({ verdict }) => verdict.kind === 'remembered');
    if (fresh || remembered) return { status: 'recorded', events: [] };
    const now = await heads.refresh(stream, decider);
    return now.revision === base ? { status: 'recorded', events: [] } : 'retry';
  }

  /** Those whose preconditions let them pass; the others are answered. All preconditions of a turn were begun when they came. */
  async function passed(commands: readonly Queued[]): Promise<readonly Queued[]> {
    const through: Queued[] = [];
    for (const command of commands) {
      try {
        const precondition = await command.checking;
        if ('rejected' in precondition) {
          settle(command, rejected(precondition));
          continue;
        }
        command.precondition = precondition.precondition;
        through.push(command);
      } catch (error) {
        fail([command], error);
      }
    }
    return through;
  }

  /** Decides and records these commands, or some of the first of them; the rest goes back to the front of the queue. */
  async function run(queue: Queue, commands: readonly Queued[]): Promise<void> {
    const [first] = commands;
    if (first === undefined) return;
    const { stream, decider } = first;
    let turn = commands;
    let head = heads.cached(stream);
    let fresh = head === undefined;
    head ??= await heads.refresh(stream, decider);
    for (let attempt = 1; attempt <= limits.decideAttempts; attempt++) {
      const base = head.revision;
      const batch = decideBatch(deciding, head, turn);
      queue.waiting.unshift(...batch.left);
      turn = batch.decided.map(({ command }) => command);
      const result = await record(batch, head, base, fresh);
      if (result !== 'retry') return conclude(queue, batch, result, head);
      await pause(attempt);
      head = await heads.refresh(stream, decider);
      if (head.revision === base) {
        // Refused, and nothing new stands there: what is cached is not what the history has.
        heads.drop(stream);
        head = await heads.refresh(stream, decider);
      }
      fresh = true;
    }
    const retryAfterMs = rate.waitMs(queued);
    for (const command of turn) settle(command, rejected(Contended({ retryAfterMs })));
    failBehind(queue, turn);
  }

  function conclude(queue: Queue, batch: Batch<Queued>, result: Appended, head: Head): void {
    const commands = batch.decided.map(({ command }) => command);
    if (result.status === 'recorded') {
      fold(head, result.events);
      answer(batch, result.events);
    } else if (result.status === 'failed') {
      const { error } = result;
      const unfit = error instanceof StoreError && error.code === 'invalid_event';
      if (unfit && commands.length > 1) {
        queue.alone = commands.length;
        queue.waiting.unshift(...commands);
      } else {
        fail(commands, error);
        if (!unfit) failBehind(queue, commands);
      }
    }
  }

  async function work(queue: Queue): Promise<void> {
    while (queue.waiting.length > 0) {
      const most = queue.alone > 0 ? 1 : limits.decisionsPerBatch;
      queue.alone = Math.max(0, queue.alone - 1);
      const commands = await passed(queue.waiting.splice(0, most));
      try {
        await run(queue, commands);
      } catch (error) {
        // Those that went back to the queue are still to be decided; only these are lost.
        const back = new Set(queue.waiting);
        const lost = commands.filter((command) => !back.has(command));
        fail(lost, error);
        if (error instanceof StoreError) failBehind(queue, lost);
      }
    }
    queues.delete(queue.stream);
  }

  return {
    submit(command, side, checking) {
      const { stream } = command;
      const queue: Queue = queues.get(stream) ?? {
        stream,
        waiting: [],
        count: { external: 0, system: 0 },
        alone: 0,
      };
      // Whoever waits for it hears of its failure; nobody may wait yet, or ever.
      checking.catch(() => undefined);
      const most = side === 'system' ? limits.systemPerStream : limits.externalPerStream;
      if (queue.count[side] >= most) {
        if (side === 'system') void closeForAMoment(stream);
        return Promise.resolve(rejected(Overloaded({ retryAfterMs: rate.waitMs(queue.count[side]) })));
      }
      if (side === 'system' && closed.has(stream))
        return Promise.resolve(rejected(Unavailable({ retryAfterMs: rate.waitMs(queued) })));
      const { promise, resolve } = Promise.withResolvers<Settled>();
      queue.count[side] += 1;
      queued += 1;
      queue.waiting.push({ ...command, side, precondition: undefined, checking, settle: resolve });
      if (!queues.has(stream)) {
        queues.set(stream, queue);
        // Not at once: what arrives in the same moment is decided together.
        queueMicrotask(() => void work(queue));
      }
      return promise;
    },
    size: () => ({ streams: queues.size, commands: queued }),
  };
}
