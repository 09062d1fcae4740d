import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { drive } from './drive.ts';
import { eventsFile, lockForWriting, openForWriting, readError } from './schema.ts';
import { writerTables } from './tables.ts';
import {
  type FromWorker,
  flatAnswers,
  rung,
  sleep,
  type ToWorker,
  takeAppends,
  type WorkerStart,
} from './wire.ts';
import { type Answer, Writer } from './writer.ts';

/** The writer's thread: it alone holds the writing connection and the lock, both for the life of the store. */
function run(port: MessagePort, { folder, newEpoch, limits, bell }: WorkerStart): void {
  const send = (message: FromWorker): void => port.postMessage(message);
  const lock = lockForWriting(folder);
  const db = openForWriting(folder, newEpoch);
  const tables = writerTables(db);
  const writer = new Writer(tables.standing(), limits);
  let closing = false;

  function receive(message: ToWorker): void {
    if (message.kind === 'close') closing = true;
    else takeAppends(message.appends, (append) => void writer.submit(append));
  }

  function arriving(): boolean {
    const received = receiveMessageOnPort(port);
    if (!received) return false;
    receive(received.message as ToWorker);
    return true;
  }

  const hooks = {
    arriving,
    answer: (answers: readonly Answer[]) => send({ kind: 'answers', answers: flatAnswers(answers) }),
    broken: (error: unknown) =>
      send({ kind: 'broke', message: readError(error, eventsFile(folder)).message }),
  };
  send({ kind: 'ready' });
  while (!closing) {
    // Read before the messages are: one that comes in between changes it, and the sleep ends at once.
    const heard = rung(bell);
    drive(writer, tables, hooks);
    if (!closing) sleep(bell, heard);
  }
  // After a failed commit nothing more may reach the file, not even the log that closing would bring into it.
  if (!writer.stopped) {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  }
  lock.release();
  send({ kind: 'closed' });
  port.close();
}

if (parentPort) {
  try {
    run(parentPort, workerData as WorkerStart);
  } catch (error) {
    const code = error instanceof StoreError ? error.code : 'unavailable';
    const message = error instanceof Error ? error.message : String(error);
    parentPort.postMessage({ kind: 'failed', code, message } satisfies FromWorker);
  }
}
