import { Worker } from 'node:worker_threads';
import type { Commit } from '#domain/kernel/ports/consumer-store.ts';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { isRefusal, sqliteCode } from '../../database-file.ts';
import type { Watched } from '../../standing.ts';
import {
  type FromWorker,
  flatCommit,
  type Operation,
  type Operations,
  type Outcome,
  type ToWorker,
  type WireError,
  type WorkerStart,
} from './wire.ts';

/** Calls that may wait for the thread at once: consumers and operators have a handful each. */
const WAITING = 100_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

function errorFrom({ name, message, stack, errcode, collection }: WireError): Error {
  if (collection !== undefined) return new NoSuchCollectionError(collection);
  const error = name === 'RangeError' ? new RangeError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return errcode === undefined ? error : Object.assign(error, { errcode });
}

/** What is told of how the engine is doing. */
type Engine = Pick<Watched, 'answered' | 'failed'>;

/** The near side of the thread that writes the read models. */
export interface Writing {
  commit(commit: Commit): Promise<'committed' | 'fenced'>;
  operate<Name extends keyof Operations>(
    name: Name,
    ...values: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>>;
  /** Resolves when everything asked for is written. */
  close(): Promise<void>;
}

/** SQLite has failed, and not at what the rows are. */
const isFailure = (error: Error): boolean => sqliteCode(error) !== undefined && !isRefusal(error);

/** The calls that wait for the thread, by their numbers. @param engine is told how each went */
function waitingCalls(engine: Engine) {
  const waiting = new Map<number, Waiting>();
  /** What the caller hears: a failure of the engine as the port names it, and anything else as it is. */
  function told(error: Error): Error {
    if (!isFailure(error)) return error;
    engine.failed(error, 'writes');
    return new ReadStoreError(`views.db cannot be written: ${error.message}`, { cause: error });
  }
  return {
    get size() {
      return waiting.size;
    },
    add<T>(number: number): Promise<T> {
      return new Promise((resolve, reject) => {
        waiting.set(number, { resolve: resolve as (value: unknown) => void, reject });
      });
    },
    settle(outcomes: readonly Outcome[]): void {
      for (const outcome of outcomes) {
        const caller = waiting.get(outcome.number);
        waiting.delete(outcome.number);
        if ('error' in outcome) {
          caller?.reject(told(errorFrom(outcome.error)));
        } else {
          engine.answered('writes');
          caller?.resolve(outcome.value);
        }
      }
    },
    failAll(error: Error): void {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}

/**
 * A thread of its own writes, so that neither its work nor a disk that takes its time holds up decisions and queries.
 * Should it die, what waits is told so and whoever asks next starts another: all it holds can be made again.
 */
export function writingTo(path: string, engine: Engine): Writing {
  const waiting = waitingCalls(engine);
  let thread: { readonly worker: Worker; readonly exited: Promise<void> } | undefined;
  let closed: Promise<void> | undefined;
  let calls = 0;
  /** What this turn of the event loop asks for travels in one message: consumers are woken together. */
  let outbox: ToWorker[] = [];

  function flush(): void {
    thread?.worker.postMessage(outbox);
    outbox = [];
  }

  function post(message: ToWorker): void {
    if (outbox.length === 0) process.nextTick(flush);
    outbox.push(message);
  }

  /** A thread that dies is heard of twice, and the second time another may be at work. */
  function lost(worker: Worker, cause?: unknown): void {
    if (thread?.worker !== worker) return;
    thread = undefined;
    const error = new ReadStoreError('views.db: the thread that writes the views has ended', { cause });
    if (!closed) engine.failed(error, 'writes');
    waiting.failAll(error);
  }

  function start() {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { path } satisfies WorkerStart,
    });
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'failed') return lost(worker, errorFrom(message.error));
      waiting.settle(message.outcomes);
    });
    worker.on('error', (error) => lost(worker, error));
    const exited = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        lost(worker);
        resolve();
      });
    });
    return { worker, exited };
  }

  function ask<T>(message: (number: number) => ToWorker): Promise<T> {
    if (closed) return Promise.reject(new Error('the read store is closed'));
    if (waiting.size >= WAITING) return Promise.reject(new Error(`${waiting.size} writes of views wait`));
    thread ??= start();
    calls += 1;
    post(message(calls));
    return waiting.add(calls);
  }

  async function end(): Promise<void> {
    if (thread === undefined) return;
    post({ kind: 'close' });
    await thread.exited;
  }

  return {
    commit: (commit) => ask((number) => ({ kind: 'commit', number, commit: flatCommit(commit) })),
    operate: (name, ...values) =>
      ask((number) => ({ kind: 'operation', number, name, values }) as unknown as Operation),
    close() {
      closed ??= end();
      return closed;
    },
  };
}
