import { parentPort, Worker } from 'node:worker_threads';
import { reasonOf } from '#runtime/reason.ts';

// A database on a thread of its own: what a disk takes its time for holds up nobody else.

/** For an answer, in milliseconds: longer than the thread waits for other processes. */
const ANSWER_MS = 10_000;

interface Question {
  readonly number: number;
  readonly operation: string;
  readonly values: readonly unknown[];
}
type Answer = { readonly number: number } & ({ readonly value: unknown } | { readonly problem: string });

type Method = (...values: never[]) => unknown;
type Operations<Database> = {
  [Name in keyof Database as Database[Name] extends Method
    ? Name extends 'close'
      ? never
      : Name
    : never]: Database[Name];
};

export interface AskedThread<Database> {
  ask<Name extends keyof Operations<Database> & string>(
    name: Name,
    ...values: Operations<Database>[Name] extends (...values: infer Values) => unknown ? Values : never
  ): Promise<Operations<Database>[Name] extends (...values: never[]) => infer Value ? Value : never>;
  close(): Promise<void>;
}

/** The near side of a thread, which begins with the first question and again when it has died. */
export function askedThread<Database>(options: {
  readonly worker: URL;
  readonly data: unknown;
  /** What whoever asks is told. */
  readonly unavailable: (why: string) => Error;
}): AskedThread<Database> {
  const { worker: url, data: workerData, unavailable } = options;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let worker: Worker | undefined;
  let questions = 0;

  function lost(which: Worker, why: string): void {
    if (worker !== which) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(unavailable(why));
    waiting.clear();
  }

  function start(): Worker {
    const made = new Worker(url, { workerData });
    made.on('message', (answer: Answer) => {
      const caller = waiting.get(answer.number);
      waiting.delete(answer.number);
      if ('problem' in answer) caller?.reject(unavailable(answer.problem));
      else caller?.resolve(answer.value);
    });
    made.on('error', (error) => lost(made, reasonOf(error)));
    made.on('exit', () => lost(made, 'its thread has ended'));
    return made;
  }

  function ask(operation: string, values: readonly unknown[]): Promise<unknown> {
    worker ??= start();
    questions += 1;
    const [at, number] = [worker, questions];
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        if (waiting.delete(number)) reject(unavailable(`no answer within ${ANSWER_MS} ms`));
      }, ANSWER_MS);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(late);
          settle(value);
        };
      waiting.set(number, { resolve: settled(resolve), reject: settled(reject) });
      at.postMessage({ number, operation, values } satisfies Question);
    });
  }

  return {
    ask: (name, ...values) => ask(name, values as readonly unknown[]) as never,
    async close(): Promise<void> {
      const last = worker;
      if (last === undefined) return;
      await ask('close', []).catch(() => undefined);
      await last.terminate();
    },
  };
}

/** The far side. A file that cannot be opened now is tried again with the next question. */
export function answerBy<Database extends { close(): void }>(open: () => Database): void {
  let database: Database | undefined;
  function answer({ number, operation, values }: Question): Answer {
    try {
      if (operation === 'close') {
        database?.close();
        return { number, value: undefined };
      }
      database ??= open();
      const asked = database[operation as keyof Database] as (...values: readonly unknown[]) => unknown;
      return { number, value: asked.apply(database, values as unknown[]) };
    } catch (error) {
      return { number, problem: reasonOf(error) };
    }
  }
  const port = parentPort;
  port?.on('message', (question: Question) => {
    port.postMessage(answer(question));
    if (question.operation === 'close') port.close();
  });
}
