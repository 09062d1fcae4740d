import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { wallClock } from '../../clock/wall.ts';
import { type Watched, watched } from '../../standing.ts';
import { followPages } from '../follow.ts';
import { signalled, type Wake } from '../wake.ts';
import { type EventReader, eventReader } from './reader.ts';
import { type Recent, recentEvents } from './recent.ts';
import { eventsFile, openForReading, readError } from './schema.ts';
import { type WriterLimits, writerLimits } from './writer.ts';
import { startWriting, type Writing } from './writing.ts';

export interface SqliteEventStoreOptions {
  /** Holds `events.db`, its log and its lock; made when it is not there. On a local disk. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Reads beside the process that writes; every append is refused. */
  readonly readOnly?: boolean;
  /** How often a read-only store looks for what the writer has committed. 20 ms by default. */
  readonly pollMs?: number;
  readonly limits?: Partial<WriterLimits>;
  /**
   * The outcome of a commit is in doubt, and the process should end: this process could read back what is not durable.
   * Told once, before the waiting appends are answered with `unknown_outcome`; every later call is refused.
   */
  readonly onFatal?: (error: StoreError) => void;
}

function versionOf(reader: EventReader): number | undefined {
  try {
    return reader.version();
  } catch {
    return undefined;
  }
}

/** Looks for foreign commits while somebody waits for them. */
function polling(reader: EventReader, arrived: Wake, pollMs: number, closed: () => boolean): Wake {
  let seenVersion = versionOf(reader);
  let timer: NodeJS.Timeout | undefined;
  let waiting = 0;
  function look(): void {
    timer = undefined;
    if (closed()) return;
    const version = versionOf(reader);
    // Without an answer there is something to be told: the reads of those who wait will tell it.
    if (version === undefined || version !== seenVersion) arrived.signal();
    seenVersion = version;
    if (waiting > 0) timer = setTimeout(look, pollMs);
  }
  return {
    count: arrived.count,
    signal: arrived.signal,
    async after(seen, signal) {
      waiting += 1;
      timer ??= setTimeout(look, pollMs);
      try {
        await arrived.after(seen, signal);
      } finally {
        waiting -= 1;
        if (waiting === 0) {
          clearTimeout(timer);
          timer = undefined;
        }
      }
    },
  };
}

/** Reads of a store until it has ended. @param engine is told how each went */
function readsIn(file: string, engine: Watched) {
  let end: StoreError | undefined;
  return {
    get haveEnded() {
      return end !== undefined;
    },
    end(error: StoreError): void {
      end = error;
    },
    /** Refuses what comes after the end, and tells damage from absence. */
    run<T>(read: () => T): T {
      if (end) throw end;
      try {
        const found = read();
        engine.answered('reads');
        return found;
      } catch (error) {
        if (error instanceof RangeError) throw error;
        const failure = readError(error, file);
        engine.failed(failure, 'reads');
        throw failure;
      }
    },
  };
}

/**
 * The history in one SQLite file. One process writes, through a thread of its own that commits what waits in groups
 * (`synchronous = FULL`: an answer means the disk has it); any number read.
 *
 * @throws StoreError `second_writer`, `unreadable` (damaged, cut short, or of a newer version), `unavailable` (read-only
 * and nothing there yet)
 */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<EventStore> {
  const { folder, clock, readOnly = false, pollMs = 20, limits, onFatal } = options;
  const committed = signalled();
  const file = eventsFile(folder);
  const engine = watched(`sqlite:${basename(file)}`, wallClock());
  const reads = readsIn(file, engine);
  let recent: Recent | undefined;

  const writing: Writing | undefined = readOnly
    ? undefined
    : await startWriting({
        start: { folder, newEpoch: randomUUID(), limits: { ...writerLimits, ...limits } },
        clock,
        onRecorded: (events, bytes) => recent?.put(events, bytes),
        onCommit: committed.signal,
        onFatal(error) {
          engine.failed(error, 'writes');
          if (!reads.haveEnded) reads.end(error);
          committed.signal();
          onFatal?.(error);
        },
      });

  let reader: EventReader;
  let epoch: string;
  try {
    reader = eventReader(openForReading(folder));
    epoch = reads.run(reader.epoch);
    reads.run(() => reader.page({ direction: 'backwards', limit: 1 }));
    if (writing) recent = recentEvents(reads.run(reader.head));
  } catch (error) {
    await writing?.close();
    throw readError(error, file);
  }
  const arrived = readOnly ? polling(reader, committed, pollMs, () => reads.haveEnded) : committed;
  const page: EventReader['page'] = (read) => reads.run(() => reader.page(read));
  /** Behind the head, the next page for a follower who takes everything is in memory. */
  const nextPage: EventReader['page'] = (read) => {
    if (reads.haveEnded || read.filter || read.after === undefined) return page(read);
    return recent?.behind(read.after, read.limit) ?? page(read);
  };

  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    await writing?.close();
    reads.end(new StoreError('closed', 'the event store is closed'));
    committed.signal();
    reader.close();
  }

  return {
    epoch,
    ...(writing && { soleWriter: true }),
    async append(stream, expected, events) {
      if (!writing) throw new StoreError('unavailable', 'the event store is open for reading only');
      return writing.append(stream, expected, events);
    },
    readStream: async (stream, read) => reads.run(() => reader.stream(stream, read)),
    readAll: async (read) => page(read),
    follow: (following) => followPages(nextPage, arrived, following, nextTurn),
    head: async () => reads.run(reader.head),
    standing: engine.standing,
    close() {
      closing ??= end();
      return closing;
    },
  };
}
