import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Argon2Work, PasswordHashing } from '#domain/kernel/ports/password-hashing.ts';
import { Overloaded, RejectedError, Unavailable } from '#domain/kernel/rejections.ts';
import type { FromWorker, WorkerStart } from './wire.ts';

export interface HashingLimits {
  /** Each needs memory for one work, and may take a core while nobody else wants it. */
  readonly threads: number;
  /** Works that wait for a thread; who comes then is told to come again. */
  readonly waiting: number;
  readonly niceness: number;
  /** When whoever found no room may come again, for each work that waits before them in one thread. */
  readonly retryAfterMsEach: number;
}

/** One core stays with the event loop, whatever is hashed. */
const threadsHere = Math.min(4, Math.max(1, availableParallelism() - 1));

export const hashingLimits: HashingLimits = {
  threads: threadsHere,
  waiting: 64,
  // Behind everybody: bids keep their time, and where a core is idle nothing is lost (ADR 36).
  niceness: 19,
  retryAfterMsEach: 50,
};

interface Asked {
  readonly work: Argon2Work;
  readonly resolve: (tag: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** A thread with what it works at. */
interface Bench {
  readonly worker: Worker;
  asked: Asked | undefined;
}

const gone = () => new RejectedError(Unavailable({ retryAfterMs: 1_000 }));

/**
 * argon2id on threads of its own. The pool of the runtime (four threads, for files, names, gzip and other cryptography) would do
 * it too, but with the priority of the event loop, and whoever waits for a file would wait behind passwords. These threads stand
 * behind the event loop when the kernel shares out the cores, start with the first password, and hold one work each: what
 * waits stands here, where it is counted.
 */
export function threadedHashing(limits: HashingLimits = hashingLimits): PasswordHashing {
  const benches: Bench[] = [];
  let waiting: Asked[] = [];
  let isClosed = false;

  function proceed(bench: Bench): void {
    bench.asked = waiting.shift();
    if (bench.asked) bench.worker.postMessage(bench.asked.work);
    // Nobody is kept from ending by a thread that has nothing to do.
    else bench.worker.unref();
  }

  function lost(bench: Bench): void {
    const at = benches.indexOf(bench);
    if (at < 0) return;
    benches.splice(at, 1);
    bench.asked?.reject(gone());
    if (isClosed || waiting.length === 0) return;
    const replacement = open();
    replacement.worker.ref();
    proceed(replacement);
  }

  function open(): Bench {
    const workerData: WorkerStart = { niceness: limits.niceness };
    const bench: Bench = {
      worker: new Worker(new URL('./worker.ts', import.meta.url), { workerData }),
      asked: undefined,
    };
    bench.worker.on('message', (answer: FromWorker) => {
      if ('tag' in answer) bench.asked?.resolve(answer.tag);
      else bench.asked?.reject(new Error(answer.problem));
      proceed(bench);
    });
    // It is said by the end that follows.
    bench.worker.on('error', () => undefined);
    bench.worker.once('exit', () => lost(bench));
    benches.push(bench);
    return bench;
  }

  const idle = (): Bench | undefined =>
    benches.find(({ asked }) => asked === undefined) ??
    (benches.length < limits.threads ? open() : undefined);

  return {
    argon2id(work) {
      if (isClosed) return Promise.reject(gone());
      const bench = idle();
      if (bench === undefined && waiting.length >= limits.waiting) {
        const retryAfterMs = Math.ceil((limits.waiting / limits.threads) * limits.retryAfterMsEach);
        return Promise.reject(new RejectedError(Overloaded({ retryAfterMs })));
      }
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      waiting.push({ work, resolve, reject });
      if (bench !== undefined) {
        bench.worker.ref();
        proceed(bench);
      }
      return promise;
    },
    async close() {
      isClosed = true;
      for (const { reject } of waiting) reject(gone());
      waiting = [];
      await Promise.all(benches.map(({ worker }) => worker.terminate()));
    },
  };
}
