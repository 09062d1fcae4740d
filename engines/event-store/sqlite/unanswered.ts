import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { type AppendResult, type EventToAppend, StoreError } from '#domain/kernel/ports/event-store.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { takeAnswers } from './wire.ts';
import { type Answer, admits, NONE, type QueuedAppend, type WriterLimits } from './writer.ts';

/** An append that has no answer yet. */
export interface Waiting {
  readonly append: QueuedAppend;
  /** As they were handed in: followers in this process are given these very objects. */
  readonly events: readonly EventToAppend[];
  resolve(result: AppendResult): void;
  reject(error: StoreError): void;
}

function positionsOf({ first, last }: { first: number; last: number }, count: number): bigint[] | undefined {
  if (last - first + 1 !== count) return undefined;
  return Array.from({ length: count }, (_, at) => BigInt(first + at));
}

/** The events of an append as they stand in the history, if this answer says that they have just been put there. */
export function recorded({ append, events }: Waiting, answer: Answer): readonly StoredEvent[] {
  if (answer.status !== 'appended' || answer.repeated) return [];
  const { stream, recordedAt } = append;
  const firstRevision = answer.revision - events.length + 1;
  return events.map(({ eventId, type, data, metadata }, at) => ({
    eventId,
    type,
    stream,
    revision: firstRevision + at,
    position: BigInt(answer.first + at),
    recordedAt,
    data,
    metadata,
  }));
}

/** Tells whoever waits for an append what came of it. */
export function settle({ append, resolve, reject }: Waiting, answer: Answer): void {
  switch (answer.status) {
    case 'appended': {
      const { revision, last, repeated } = answer;
      const positions = positionsOf(answer, append.events.length);
      const when = repeated ? {} : { recordedAt: append.recordedAt };
      resolve({ status: 'appended', revision, position: BigInt(last), positions, ...when });
      break;
    }
    case 'conflict':
      resolve({ status: 'conflict', actual: answer.actual === NONE ? 'none' : answer.actual });
      break;
    case 'refused':
      reject(new StoreError('invalid_event', `the database refused an append to ${append.stream}`));
      break;
    case 'unknown':
      reject(new StoreError('unknown_outcome', `whether ${append.stream} was appended to is unknown`));
      break;
    case 'unavailable':
      reject(new StoreError('unavailable', 'the writer has stopped; nothing was done'));
      break;
    default:
      unreachable(answer);
  }
}

/** The appends that the writer's thread owes an answer, in the order in which they were made. */
export interface Unanswered {
  readonly size: number;
  /** @throws StoreError `overloaded` when one of so many bytes does not fit beside them */
  checkRoom(bytes: number): void;
  add(append: QueuedAppend, events: readonly EventToAppend[]): Promise<AppendResult>;
  /** Takes out the first for each answer that has come, and tells both. */
  answered(answers: readonly number[], told: (waiting: Waiting, answer: Answer) => void): void;
  /** Nobody will answer: what was handed over may have been written. */
  lost(): void;
}

export function unanswered(limits: WriterLimits): Unanswered {
  const waiting = new Set<Waiting>();
  const load = { appends: 0, bytes: 0 };
  return {
    get size() {
      return waiting.size;
    },
    checkRoom(bytes) {
      if (admits(load, bytes, limits)) return;
      throw new StoreError('overloaded', `${load.appends} appends of ${load.bytes} bytes are waiting`);
    },
    add(append, events) {
      load.appends += 1;
      load.bytes += append.bytes;
      return new Promise((resolve, reject) => {
        waiting.add({ append, events, resolve, reject });
      });
    },
    answered(answers, told) {
      const inOrder = waiting.values();
      takeAnswers(answers, (answer) => {
        const next = inOrder.next().value;
        if (!next) throw new Error('an answer without an append');
        waiting.delete(next);
        load.appends -= 1;
        load.bytes -= next.append.bytes;
        told(next, answer);
      });
    },
    lost() {
      for (const each of waiting) settle(each, { status: 'unknown' });
      waiting.clear();
    },
  };
}
