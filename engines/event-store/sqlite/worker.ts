import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { reasonOf } from '#runtime/reason.ts';
import { sqliteCode } from '../../database-file.ts';
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

interface Opened {
  readonly lock: ReturnType<typeof lockForWriting>;
  readonly db: ReturnType<typeof openForWriting>;
  readonly tables: ReturnType<typeof writerTables>;
  readonly writer: Writer;
}

/** @throws what stands in the way of writing to this folder */
function open({ folder, newEpoch, limits }: WorkerStart): Opened {
  const lock = lockForWriting(folder);
  const db = openForWriting(folder, newEpoch);
  const tables = writerTables(db);
  return { lock, db, tables, writer: new Writer(tables.standing(), limits) };
}

/** Brings the log into the file. What cannot be brought there now stays in the log, which the next start reads as well. */
function closeFile({ db, writer }: Opened): void {
  // After a failed commit nothing more may reach the file, not even the log that closing would bring into it.
  if (writer.stopped) return;
  try {
    // The write lock was kept until now, by a transaction with nothing in it.
    if (db.isTransaction) db.exec('ROLLBACK');
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  } catch (error) {
    if (sqliteCode(error) === undefined) throw error;
  }
}

/** The writer's thread: it alone holds the writing connection and the lock, both for the life of the store. */
function run(port: MessagePort, { folder, bell }: WorkerStart, opened: Opened): void {
  const { lock, tables, writer } = opened;
  const send = (message: FromWorker): void => port.postMessage(message);
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
  closeFile(opened);
  lock.release();
  send({ kind: 'closed' });
  port.close();
}

/** undefined: it could not be opened, and the other side was told why. */
function opening(port: MessagePort, start: WorkerStart): Opened | undefined {
  try {
    return open(start);
  } catch (error) {
    const code = error instanceof StoreError ? error.code : 'unavailable';
    const message = reasonOf(error);
    port.postMessage({ kind: 'failed', code, message } satisfies FromWorker);
    return undefined;
  }
}

if (parentPort) {
  const start = workerData as WorkerStart;
  const opened = opening(parentPort, start);
  // What is thrown from here on is a mistake of ours, and ends the thread as what it is.
  if (opened !== undefined) run(parentPort, start, opened);
}
