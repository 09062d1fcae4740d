import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { encodeAppend } from '#engines/event-store/event.ts';
import { followPages } from '#engines/event-store/follow.ts';
import { recentEvents } from '#engines/event-store/sqlite/recent.ts';
import { recorded, settle, type Waiting } from '#engines/event-store/sqlite/unanswered.ts';
import type { Answer } from '#engines/event-store/sqlite/writer.ts';
import { expectedRevision } from '#engines/event-store/sqlite/writing.ts';
import { signalled } from '#engines/event-store/wake.ts';
import type { Faults } from './faults.ts';
import type { HistoryDisk } from './history-disk.ts';
import type { HistoryServer } from './history-server.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** So few that followers have to go back to the store now and then. */
const RECENT = { events: 8, bytes: 1024 * 1024 };

/** The others wait two seconds for a bid, and whoever bids five. */
const LATE_MS = 1_500;

export interface Connection {
  readonly store: EventStore;
  /** Something new may stand in the history. */
  heard(): void;
  /** Ends its subscriptions. */
  dropFollowers(): void;
}

interface ConnectionOptions {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly life: Life;
  readonly disk: HistoryDisk;
  /** Undefined while none runs. */
  readonly server: () => HistoryServer | undefined;
  /** By which events are recorded. */
  readonly clock: Clock;
  /** The writer is a thread of this process: messages keep their order, and none is lost. */
  readonly inProcess: boolean;
}

/** Messages that arrive in the order in which they were sent. */
function channel(scheduler: Scheduler, life: Life, label: string): (message: () => void) => void {
  const queue: (() => void)[] = [];
  return (message) => {
    queue.push(message);
    scheduler.soon(life, label, () => queue.shift()?.());
  };
}

/** The history as one process has it: the port, with all the time and trouble between it and the disk. */
export function connect(options: ConnectionOptions): Connection {
  const { scheduler, faults, life, disk, server, clock, inProcess } = options;
  const arrived = signalled();
  const recent = inProcess ? recentEvents(disk.head(), RECENT) : undefined;
  const toWriter = channel(scheduler, life, 'an append reaches the writer');
  const fromWriter = channel(scheduler, life, 'an answer of the writer arrives');
  let dropped = 0;
  let seenDropped = 0;

  function answered(waiting: Waiting, answer: Answer): void {
    recent?.put(recorded(waiting, answer), waiting.append.bytes);
    settle(waiting, answer);
    if (inProcess) arrived.signal();
  }

  /** The answer of a server takes its own way, and may be lost on it. */
  function reply(waiting: Waiting, answer: Answer): void {
    if (inProcess) fromWriter(() => answered(waiting, answer));
    else if (faults.strikes('answer of the store lost')) lost(waiting);
    else scheduler.later(life, 'an answer of the store arrives', () => answered(waiting, answer));
  }

  function lost(waiting: Waiting): void {
    scheduler.after(life, 100, 'the store does not answer', () => settle(waiting, { status: 'unknown' }));
  }

  function submit(asked: Waiting): void {
    // A server stamps what it records by the time of its arrival, a thread has it stamped by its process.
    const append = inProcess ? asked.append : { ...asked.append, recordedAt: clock.now() };
    const waiting = { ...asked, append };
    const writer = server();
    if (writer === undefined || !writer.life.alive) {
      settle(waiting, { status: 'unavailable' });
      return;
    }
    const outcome = writer.submit(waiting.append, {
      reply: (answer) => reply(waiting, answer),
      lost: () => lost(waiting),
    });
    if (outcome === 'overloaded') waiting.reject(new StoreError('overloaded', 'too much waits'));
  }

  /** Reads of a process's own file are mostly at once; those of a server may answer what was true a moment ago. */
  async function reading<T>(what: string, read: () => T): Promise<T> {
    if (faults.strikes('read fails', life.name))
      throw new StoreError('unavailable', 'the disk is slow to answer');
    const luck = scheduler.random();
    if (luck < 0.6) return read();
    if (luck < 0.8) await scheduler.turn(life, what);
    const found = read();
    if (luck >= 0.8) await scheduler.turn(life, what);
    return found;
  }

  const delay = (): Promise<void> =>
    new Promise((resolve) => {
      const milliseconds = LATE_MS + scheduler.below(LATE_MS);
      scheduler.after(life, milliseconds, 'a wallet comes round', resolve);
    });

  const page: HistoryDisk['page'] = (read) => {
    if (seenDropped < dropped) {
      seenDropped = dropped;
      faults.meet('feed dropped', life.name);
      throw new StoreError('unavailable', 'the subscription was dropped');
    }
    const near = read.filter || read.after === undefined ? undefined : recent?.behind(read.after, read.limit);
    return near ?? disk.page(read);
  };

  const store: EventStore = {
    epoch: disk.epoch,
    async append(stream, expected, events) {
      if (stream.startsWith('wallet-') && faults.strikes('wallet late', life.name)) await delay();
      const encoded = encodeAppend(stream, events);
      const bytes = encoded.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
      const recordedAt = clock.now();
      const append = { stream, expected: expectedRevision(expected), recordedAt, events: encoded, bytes };
      return new Promise((resolve, reject) => {
        const waiting: Waiting = { append, events, resolve, reject };
        if (inProcess) toWriter(() => submit(waiting));
        else scheduler.later(life, 'an append reaches the server', () => submit(waiting));
      });
    },
    readStream: (stream, read) => reading(`reads ${stream}`, () => disk.readStream(stream, read)),
    readAll: (read) => reading('reads the history', () => disk.page(read)),
    follow: (following) =>
      followPages(page, arrived, following, () => scheduler.turn(life, 'takes a breath')),
    head: () => reading('asks for the head', () => disk.head()),
    standing: () => ({ address: 'simulated:', state: 'up', errors: 0 }),
    close: async () => undefined,
  };
  return {
    store,
    heard: arrived.signal,
    dropFollowers() {
      dropped += 1;
      arrived.signal();
    },
  };
}
