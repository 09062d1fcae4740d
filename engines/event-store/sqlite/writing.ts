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
import { encodeAppend } from '../event.ts';
import { recorded, settle, unanswered, type Waiting } from './unanswered.ts';
import {
  BELL_BYTES,
  type Flat,
  type FromWorker,
  putAppend,
  ring,
  type ToWorker,
  type WorkerStart,
} from './wire.ts';
import { ANY, type Answer, NONE, type QueuedAppend } from './writer.ts';

/** So many events go to the worker in one message at most, so that it inserts the first while the next are encoded. */
const EVENTS_PER_MESSAGE = 64;

/** A revision as the writer takes it. */
export const expectedRevision = (expected: ExpectedRevision): number =>
  expected === 'none' ? NONE : expected === 'any' ? ANY : expected;

function bytesOf(events: QueuedAppend['events']): number {
  let bytes = 0;
  for (const { data, metadata } of events) bytes += data.length + metadata.length;
  return bytes;
}

/** The appends of one turn of the event loop travel in one message. */
function outboxTo(post: (message: ToWorker) => void) {
  let appends: Flat = [];
  let events = 0;

  function flush(): void {
    if (appends.length === 0) return;
    post({ kind: 'appends', appends });
    appends = [];
    events = 0;
  }

  return {
    flush,
    put(append: QueuedAppend): void {
      // After everything else that this turn of the event loop appends, so that it travels in one message.
      if (appends.length === 0) process.nextTick(flush);
      putAppend(appends, append);
      events += append.events.length;
      if (events >= EVENTS_PER_MESSAGE) flush();
    },
  };
}

function startThread(start: Omit<WorkerStart, 'bell'>) {
  const bell = new Int32Array(new SharedArrayBuffer(BELL_BYTES));
  const workerData: WorkerStart = { ...start, bell };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const post = (message: ToWorker): void => {
    worker.postMessage(message);
    ring(bell);
  };
  return { worker, exited, post };
}

/** The near side of the writer's thread: encodes, counts what is unanswered, and hands answers out in order. */
export interface Writing {
  append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult>;
  /** Resolves when everything accepted is answered and the thread has let go of the files. */
  close(): Promise<void>;
}

interface WritingOptions {
  readonly start: Omit<WorkerStart, 'bell'>;
  readonly clock: Pick<Clock, 'now'>;
  /** These events of one append, of so many bytes, are durable; in the order of the history. */
  onRecorded(events: readonly StoredEvent[], bytes: number): void;
  /** Something was committed: said once for all the answers that came together. */
  onCommit(): void;
  /** The writer has stopped for good. */
  onFatal(error: StoreError): void;
}

/**
 * Starts the thread; resolves once it holds the lock and the file.
 *
 * @throws StoreError `second_writer`, `unreadable`, `unavailable`
 */
export function startWriting(options: WritingOptions): Promise<Writing> {
  const { start, clock, onRecorded, onCommit, onFatal } = options;
  const { worker, exited, post } = startThread(start);
  const waiting = unanswered(start.limits);
  const outbox = outboxTo(post);
  let failure: StoreError | undefined;
  let closed: Promise<void> | undefined;

  function fail(reason: string, cause?: unknown): void {
    if (failure) return;
    failure = new StoreError('unavailable', `the event store has stopped: ${reason}`, { cause });
    onFatal(failure);
  }

  function answer(each: Waiting, answer: Answer): void {
    onRecorded(recorded(each, answer), each.append.bytes);
    settle(each, answer);
  }

  function lost(cause?: unknown): void {
    if (waiting.size > 0 || !closed) fail('its writing thread ended', cause);
    waiting.lost();
  }

  async function end(): Promise<void> {
    outbox.flush();
    if (!failure) post({ kind: 'close' });
    else await worker.terminate();
    await exited;
  }

  const writing: Writing = {
    async append(stream, expected, events) {
      if (closed) throw new StoreError('closed', 'the event store is closed');
      if (failure) throw failure;
      const encoded = encodeAppend(stream, events);
      const bytes = bytesOf(encoded);
      waiting.checkRoom(bytes);
      const revision = expectedRevision(expected);
      const queued = { stream, expected: revision, recordedAt: clock.now(), events: encoded, bytes };
      outbox.put(queued);
      return waiting.add(queued, events);
    },
    close() {
      closed ??= end();
      return closed;
    },
  };

  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'answers') {
        waiting.answered(message.answers, answer);
        onCommit();
      } else if (message.kind === 'ready') resolve(writing);
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
