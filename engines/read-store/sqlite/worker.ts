import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { reasonOf } from '#runtime/reason.ts';
import { ConsumerRows } from './consumer-rows.ts';
import { Database, tune } from './database.ts';
import { DocumentWriting } from './document-writing.ts';
import { groupCommit } from './group-commit.ts';
import { operationsOn } from './operations.ts';
import {
  type FromWorker,
  type Operation,
  type Outcome,
  type ToWorker,
  type WireError,
  type WorkerStart,
  writesOf,
} from './wire.ts';

const wireError = (error: unknown): WireError => ({
  name: error instanceof Error ? error.name : 'Error',
  message: reasonOf(error),
  stack: error instanceof Error ? error.stack : undefined,
  errcode: error instanceof Error && 'errcode' in error ? Number(error.errcode) : undefined,
  collection: error instanceof NoSuchCollectionError ? error.collection : undefined,
});

/** The writer's thread: it alone changes the store on behalf of its process. */
function run(port: MessagePort, database: Database): void {
  const documents = new DocumentWriting(database);
  const consumers = new ConsumerRows(database);
  const operations = operationsOn(database, documents, consumers);
  const commits = groupCommit(
    (work) => database.transaction(work),
    ({ lease, writes, checkpoint, parked }) => {
      if (!consumers.moveCheckpoint(lease, checkpoint)) return 'fenced';
      documents.write(writesOf(writes));
      for (const change of parked) consumers.changeParked(lease.consumer, change);
      return 'committed';
    },
  );
  let outcomes: Outcome[] = [];

  /** What one group has come to travels together. */
  function tell(outcome: Outcome): void {
    if (outcomes.length === 0)
      queueMicrotask(() => {
        port.postMessage({ kind: 'outcomes', outcomes } satisfies FromWorker);
        outcomes = [];
      });
    outcomes.push(outcome);
  }

  function operate({ number, name, values }: Operation): void {
    // What waits was asked for before; this may depend on it.
    commits.flush();
    try {
      const operation = operations[name] as (...values: readonly unknown[]) => unknown;
      tell({ number, value: operation(...values) });
    } catch (error) {
      tell({ number, error: wireError(error) });
    }
  }

  function receive(message: ToWorker): void {
    switch (message.kind) {
      case 'operation':
        operate(message);
        break;
      case 'commit': {
        const { number, commit } = message;
        commits.commit(commit).then(
          (value) => tell({ number, value }),
          (error: unknown) => tell({ number, error: wireError(error) }),
        );
        break;
      }
      case 'close':
        commits.flush();
        database.close();
        port.close();
        break;
      default:
        unreachable(message);
    }
  }

  port.on('message', (messages: readonly ToWorker[]) => {
    for (const message of messages) receive(message);
  });
}

/** The file cannot be opened: those who wait are told why, and whoever asks next may have more luck. */
function opening(port: MessagePort, { path }: WorkerStart): Database | undefined {
  try {
    const database = new Database(path);
    tune(database);
    return database;
  } catch (error) {
    port.postMessage({ kind: 'failed', error: wireError(error) } satisfies FromWorker);
    return undefined;
  }
}

if (parentPort) {
  const database = opening(parentPort, workerData as WorkerStart);
  // What is thrown from here on is a mistake of ours, and ends the thread as what it is.
  if (database !== undefined) run(parentPort, database);
}
