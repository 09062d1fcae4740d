import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { NewerEventError } from '#domain/kernel/registry.ts';
import { NewerVersion, Overloaded, Unavailable } from '#domain/kernel/rejections.ts';
import type { Batch } from './decide-batch.ts';
import { type Deciding, type Queued, type Queues, rejected } from './queues.ts';
import type { RememberedCommand } from './remembered-commands.ts';

/** Tells commands of one stream what they came to. */
export interface Answers {
  /** Everything the batch stands on is durable: now it may be said. */
  answer(batch: Batch<Queued>, events: readonly RecordedEvent[]): void;
  /** Says to all of them what the store's failure means for them. */
  fail(commands: readonly Queued[], error: unknown): void;
}

export function answersTo(queues: Queues, { store, registry, heads, log, internal }: Deciding): Answers {
  function rejectionFor(error: unknown, stream: string): Rejection {
    const retry = { retryAfterMs: queues.retryAfterMs() };
    const code = error instanceof StoreError ? error.code : undefined;
    if (error instanceof NewerEventError) return NewerVersion({ event: error.message });
    if (code === undefined || code === 'invalid_event') return internal(error, { stream });
    if (code === 'overloaded') return Overloaded(retry);
    log.warn({ stream, err: error }, 'the store did not take or answer');
    return Unavailable(retry);
  }

  function fail(commands: readonly Queued[], error: unknown): void {
    const [first] = commands;
    if (first === undefined) return;
    heads.drop(first.stream);
    const rejection = rejectionFor(error, first.stream);
    for (const command of commands) queues.settle(command, rejected(rejection));
  }

  async function answerRemembered(command: Queued, { firstRevision, lastRevision }: RememberedCommand) {
    try {
      const limit = lastRevision - firstRevision + 1;
      const events = await store.readStream(command.stream, { from: firstRevision, limit });
      if (events.length < limit) throw new StoreError('unavailable', `${command.stream} ends too early`);
      const decoded = events.map((event) => registry.decode(event));
      queues.settle(command, { kind: 'recorded', events: decoded, repeated: true });
    } catch (error) {
      fail([command], error);
    }
  }

  return {
    answer({ decided }, events) {
      for (const { command, verdict } of decided) {
        if (verdict.kind === 'events') {
          const own = events.slice(verdict.first, verdict.first + verdict.count);
          queues.settle(command, { kind: 'recorded', events: own, repeated: verdict.repeated });
        } else if (verdict.kind === 'remembered') {
          void answerRemembered(command, verdict.command);
        } else if (verdict.kind === 'rejected') {
          queues.settle(command, rejected(verdict.rejection));
        } else {
          heads.drop(command.stream);
          const about = { stream: command.stream, command: command.command.type };
          queues.settle(command, rejected(internal(verdict.error, about)));
        }
      }
    },
    fail,
  };
}
