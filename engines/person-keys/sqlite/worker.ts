import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '#runtime/reason.ts';
import { KeyDatabase, type KeyOperation } from './database.ts';

export interface Question {
  readonly number: number;
  readonly operation: KeyOperation | 'close';
  readonly values: readonly unknown[];
}
/** Which file, and what names the master key of what is in it. */
export interface KeysAt {
  readonly path: string;
  readonly wrappedBy: string;
}
export type Answer = { readonly number: number } & (
  | { readonly value: unknown }
  | { readonly problem: string }
);

// The thread of the keys: what a disk takes its time for holds up nobody else. A file that cannot be opened now is tried again with
// the next question.
let database: KeyDatabase | undefined;

function answer({ number, operation, values }: Question): Answer {
  try {
    if (operation === 'close') {
      database?.close();
      return { number, value: undefined };
    }
    const { path, wrappedBy } = workerData as KeysAt;
    database ??= new KeyDatabase(path, wrappedBy);
    const asked = database[operation] as (...values: readonly unknown[]) => unknown;
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
