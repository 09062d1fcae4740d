import { Worker } from 'node:worker_threads';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import {
  type AppendResult,
  type EventToAppend,
  type ExpectedRevision,
  StoreError,
  type StoreErrorCode,
} from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { encodeAppend } from '../event.ts';
import {
  BELL_BYTES,
  type Flat,
  type FromWorker,
  putAppend,
  ring,
  type ToWorker,
  takeAnswers,
  type WorkerStart,
} from './wire.ts';
import { ANY, type Answer, admits, NONE, type QueuedAppend } from './writer.ts';

/** So many events go to the worker in one message at most, so that it inserts the first while the next are encoded. */
const EVENTS_PER_MESSAGE = 64;

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

/** A revision as the writer takes it. */
export const expectedRevision = (expected: ExpectedRevision): number =>
  expected === 'none' ? NONE : expected === 'any' ? ANY : expected;

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

/** The near side of the writer's thread: encodes, counts what is unanswered, and hands answers out in order. */
export interface Writing {
  append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult>;
  /** Resolves when everything accepted is answered and the thread has let go of the files. */
  close(): Promise<void>;
}

/**
 * Starts the thread; resolves once it holds the lock and the file.
 *
 * @throws StoreError `second_writer`, `unreadable`, `unavailable`
 */
export function startWriting(options: {
  readonly start: Omit<WorkerStart, 'bell'>;
  readonly clock: Pick<Clock, 'now'>;
  /** These events of one append, of so many bytes, are durable; in the order of the history. */
  onRecorded(events: readonly StoredEvent[], bytes: number): void;
  /** Something was committed: said once for all the answers that came together. */
  onCommit(): void;
  /** The writer has stopped for good. */
  onFatal(error: StoreError): void;
}): Promise<Writing> {
  const { start, clock, onRecorded, onCommit, onFatal } = options;
  const bell = new Int32Array(new SharedArrayBuffer(BELL_BYTES));
  const workerData: WorkerStart = { ...start, bell };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  const waiting = new Set<Waiting>();
  const load = { appends: 0, bytes: 0 };
  let outbox: Flat = [];
  let outboxEvents = 0;
  let failure: StoreError | undefined;
  let closed: Promise<void> | undefined;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const post = (message: ToWorker): void => {
    worker.postMessage(message);
    ring(bell);
  };

  function flush(): void {
    if (outbox.length === 0) return;
    post({ kind: 'appends', appends: outbox });
    outbox = [];
    outboxEvents = 0;
  }

  function fail(reason: string, cause?: unknown): void {
    if (failure) return;
    failure = new StoreError('unavailable', `the event store has stopped: ${reason}`, { cause });
    onFatal(failure);
  }

  function answered(flat: readonly number[]): void {
    const inOrder = waiting.values();
    takeAnswers(flat, (answer) => {
      const next = inOrder.next().value;
      if (!next) throw new Error('an answer without an append');
      waiting.delete(next);
      load.appends -= 1;
      load.bytes -= next.append.bytes;
      onRecorded(recorded(next, answer), next.append.bytes);
      settle(next, answer);
    });
    onCommit();
  }

  /** The thread is gone: what it was given may have been written. */
  function lost(cause?: unknown): void {
    if (waiting.size > 0 || !closed) fail('its writing thread ended', cause);
    for (const each of waiting) settle(each, { status: 'unknown' });
    waiting.clear();
  }

  function append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly EventToAppend[],
  ): Promise<AppendResult> {
    if (closed) throw new StoreError('closed', 'the event store is closed');
    if (failure) throw failure;
    const encoded = encodeAppend(stream, events);
    let bytes = 0;
    for (const { data, metadata } of encoded) bytes += data.length + metadata.length;
    if (!admits(load, bytes, start.limits)) {
      throw new StoreError('overloaded', `${load.appends} appends of ${load.bytes} bytes are waiting`);
    }
    const queued: QueuedAppend = {
      stream,
      expected: expectedRevision(expected),
      recordedAt: clock.now(),
      events: encoded,
      bytes,
    };
    load.appends += 1;
    load.bytes += bytes;
    // After everything else that this turn of the event loop appends, so that it travels in one message.
    if (outbox.length === 0) process.nextTick(flush);
    putAppend(outbox, queued);
    outboxEvents += encoded.length;
    if (outboxEvents >= EVENTS_PER_MESSAGE) flush();
    return new Promise((resolve, reject) => {
      waiting.add({ append: queued, events, resolve, reject });
    });
  }

  async function end(): Promise<void> {
    flush();
    if (!failure) post({ kind: 'close' });
    else await worker.terminate();
    await exited;
  }

  const writing: Writing = {
    append: async (stream, expected, events) => append(stream, expected, events),
    close() {
      closed ??= end();
      return closed;
    },
  };

  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'answers') answered(message.answers);
      else if (message.kind === 'ready') resolve(writing);
      else if (message.kind === 'broke') fail(message.message);
      else if (message.kind === 'failed') {
        closed = exited;
        reject(new StoreError(message.code as StoreErrorCode, message.message));
      }
    });
    worker.on('error', (error) => {
      lost(error);
      reject(new StoreError('unavailable', 'the writing thread could not start', { cause: error }));
    });
    worker.once('exit', () => lost());
  });
}
