import { Worker } from 'node:worker_threads';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { reasonOf } from '#runtime/reason.ts';
import type { KeyRows, StoredKey } from '../held.ts';
import type { KeyDatabase, KeyOperation } from './database.ts';
import type { Answer, KeysAt, Question } from './worker.ts';

/** For an answer, in milliseconds: longer than the thread waits for other processes. */
const ANSWER_MS = 10_000;

type Rows = ReturnType<KeyDatabase['find']>;
const stored = (rows: Rows): ReadonlyMap<string, StoredKey> =>
  new Map(rows.map(([person, wrapped]) => [person, wrapped ?? 'destroyed']));

/** The near side of a thread, which begins with the first question and again when it has died. */
function threadOf(path: string, wrappedBy: string) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let worker: Worker | undefined;
  let questions = 0;
  const unavailable = (why: string): StoreError =>
    new StoreError('unavailable', `the keys of people in ${path} cannot be used: ${why}`);

  function lost(which: Worker, why: string): void {
    if (worker !== which) return;
    worker = undefined;
    for (const { reject } of waiting.values()) reject(unavailable(why));
    waiting.clear();
  }

  function start(): Worker {
    const made = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { path, wrappedBy } satisfies KeysAt,
    });
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

  function ask(operation: Question['operation'], values: readonly unknown[]): Promise<unknown> {
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
    ask: <Name extends KeyOperation>(name: Name, ...values: Parameters<KeyDatabase[Name]>) =>
      ask(name, values) as Promise<ReturnType<KeyDatabase[Name]>>,
    async close(): Promise<void> {
      const last = worker;
      if (last === undefined) return;
      await ask('close', []).catch(() => undefined);
      await last.terminate();
    },
  };
}

/**
 * Keys in an SQLite file, made with the first question. Many processes may work on one.
 *
 * @param wrappedBy names the master key, and does not tell it: under another one the file is refused
 */
export function sqliteKeyRows(path: string, wrappedBy: string): KeyRows {
  const { ask, close } = threadOf(path, wrappedBy);
  return {
    find: async (people) => stored(await ask('find', people)),
    keep: async (fresh) => stored(await ask('keep', [...fresh])),
    destroy: (person) => ask('destroy', person),
    destroyedSince: (count) => ask('destroyedSince', count),
    tryToWrite: () => ask('tryToWrite'),
    close,
  };
}
