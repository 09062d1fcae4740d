import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { Clock, NewId } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import type { Side } from './admission.ts';
import type { Heads } from './heads.ts';
import type { ReadyCommand } from './intake.ts';
import type { PipelineLimits } from './limits.ts';
import type { Pause } from './pause.ts';
import type { Checked } from './preconditions.ts';
import type { Rate } from './rate.ts';
import type { SeenKeys } from './seen-keys.ts';
import type { Snapshots } from './snapshots.ts';

/** What a command came to on its stream, once all that it stands on is durable. */
export type Settled =
  | { readonly kind: 'recorded'; readonly events: readonly RecordedEvent[]; readonly repeated: boolean }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export const rejected = (rejection: Rejection): Settled => ({ kind: 'rejected', rejection });

export interface Queued extends ReadyCommand {
  /** What its workflow's precondition handed on, once that is known. */
  precondition: unknown;
  readonly checking: Promise<Checked>;
  readonly side: Side;
  /** Where it has its place until it is settled, also when that is gone and another has come for its stream. */
  readonly queue: Queue;
  readonly settle: (settled: Settled) => void;
}

export interface Queue {
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

/** Everybody who waits for a stream. */
export interface Queues {
  /** The command has its place from now on; at once rejected where there is no room for it. */
  submit(command: ReadyCommand, side: Side, checking: Promise<Checked>): Promise<Settled>;
  settle(command: Queued, settled: Settled): void;
  /**
   * These were in the queue and came to nothing for now. Those of role `system` will come again; so do those that wait behind
   * them, or come before whoever sent them has heard of it. Else they would be decided before one that came before them.
   */
  failBehind(queue: Queue, commands: readonly Queued[]): void;
  /** Until all that wait will have been answered. */
  retryAfterMs(): number;
  /** Nobody waits in this queue any more. */
  delete(queue: Queue): void;
  size(): { readonly streams: number; readonly commands: number };
}

/** As the number of a try: so short a pause that nobody misses it, and longer than it takes to hear an answer. */
const MOMENT = 2;

/** Streams that take in nothing of role `system` for a moment. */
function closedStreams(pause: Pause) {
  const closed = new Set<string>();
  return {
    has: (stream: string): boolean => closed.has(stream),
    async closeForAMoment(stream: string): Promise<void> {
      if (closed.has(stream)) return;
      closed.add(stream);
      await pause(MOMENT);
      closed.delete(stream);
    },
  };
}

/** @param work is called with each queue that has come to be, a moment later */
export function queuesByStream(
  { rate, pause, limits }: Pick<Deciding, 'rate' | 'pause' | 'limits'>,
  work: (queue: Queue) => void,
): Queues {
  const queues = new Map<string, Queue>();
  const closed = closedStreams(pause);
  let queued = 0;

  function settle(command: Queued, settled: Settled): void {
    command.queue.count[command.side] -= 1;
    queued -= 1;
    rate.count();
    command.settle(settled);
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
        if (side === 'system') void closed.closeForAMoment(stream);
        return Promise.resolve(rejected(Overloaded({ retryAfterMs: rate.waitMs(queue.count[side]) })));
      }
      if (side === 'system' && closed.has(stream))
        return Promise.resolve(rejected(Unavailable({ retryAfterMs: rate.waitMs(queued) })));
      const { promise, resolve } = Promise.withResolvers<Settled>();
      queue.count[side] += 1;
      queued += 1;
      queue.waiting.push({ ...command, side, queue, precondition: undefined, checking, settle: resolve });
      if (!queues.has(stream)) {
        queues.set(stream, queue);
        // Not at once: what arrives in the same moment is decided together.
        queueMicrotask(() => work(queue));
      }
      return promise;
    },
    settle,
    failBehind({ stream, waiting }, commands) {
      if (!commands.some(({ side }) => side === 'system')) return;
      void closed.closeForAMoment(stream);
      const rejection = Unavailable({ retryAfterMs: rate.waitMs(queued) });
      for (const command of waiting.splice(0))
        if (command.side === 'system') settle(command, rejected(rejection));
        else waiting.push(command);
    },
    retryAfterMs: () => rate.waitMs(queued),
    delete: ({ stream }) => void queues.delete(stream),
    size: () => ({ streams: queues.size, commands: queued }),
  };
}
