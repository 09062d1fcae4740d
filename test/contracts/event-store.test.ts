import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EventStore, StoreError } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { memoryEventStore } from '#engines/event-store/memory.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { faultyStore, inTurn } from '#test/support/faulty-store.ts';
import { happening, happenings } from '#test/support/happenings.ts';
import {
  answeredAgain,
  eventStoreContract,
  followUntil,
  positionOf,
  type StoreUnderTest,
  wholeHistory,
} from './event-store.suite.ts';

const clock = systemClock();
const tempFolder = (): string => mkdtempSync(join(tmpdir(), 'events-'));
const coded = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;

async function sqlite(): Promise<StoreUnderTest> {
  const folder = tempFolder();
  const store = await openSqliteEventStore({ folder, clock });
  return {
    store,
    async end() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The store with its subscriptions served by a feed, whose ring is so small that followers fall out of it. */
function behindFeed({ store, end }: StoreUnderTest): StoreUnderTest {
  const feed = eventFeed(store, { clock, ringEvents: 4 });
  return {
    store: {
      ...store,
      follow: feed.follow,
      async close() {
        await store.close();
        await feed.close();
      },
    },
    async end() {
      await feed.close();
      await end();
    },
  };
}

const memory = async (): Promise<StoreUnderTest> => {
  const store = memoryEventStore({ clock });
  return { store, end: () => store.close() };
};

eventStoreContract('memory', memory);
eventStoreContract('SQLite', sqlite);
eventStoreContract('memory behind the feed', async () => behindFeed(await memory()));
eventStoreContract('SQLite behind the feed', async () => behindFeed(await sqlite()));

async function inFolder(
  t: TestContext,
): Promise<{ folder: string; open: (readOnly?: boolean) => Promise<EventStore> }> {
  const folder = tempFolder();
  const opened: EventStore[] = [];
  t.after(async () => {
    for (const store of opened) await store.close();
    rmSync(folder, { recursive: true });
  });
  return {
    folder,
    async open(readOnly = false) {
      const store = await openSqliteEventStore({ folder, clock, readOnly });
      opened.push(store);
      return store;
    },
  };
}

const WRITING_PROCESS = fileURLToPath(new URL('../support/writing-process.ts', import.meta.url));

type WritingProcess = ChildProcessByStdio<null, Readable, null>;
const writingProcess = (
  folder: string,
  writers: number,
  appends: number,
  afterwards: 'close' | 'hold' = 'close',
): WritingProcess =>
  spawn(process.execPath, [WRITING_PROCESS, folder, String(writers), String(appends), afterwards], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

describe('positions', () => {
  it('of the memory store begin beyond what a number can hold, with gaps', async () => {
    const store = memoryEventStore({ clock });
    const first = await store.append('thing-1', 'none', happenings(1));
    const second = await store.append('thing-1', 0, happenings(1));
    assert.ok(positionOf(first) > BigInt(Number.MAX_SAFE_INTEGER));
    assert.equal(positionOf(second) - positionOf(first), 3n);
    const own = memoryEventStore({ clock, firstPosition: 7n, gap: 10n });
    assert.deepEqual(answeredAgain(await own.append('thing-1', 'none', happenings(2))), {
      status: 'appended',
      revision: 1,
      position: 17n,
      positions: [7n, 17n],
    });
  });
});

describe('an append whose outcome is unknown', () => {
  for (const fault of ['unanswered', 'lost'] as const) {
    it(`is settled by sending it again (${fault})`, async (t) => {
      const { open } = await inFolder(t);
      const store = faultyStore(await open(), inTurn(fault));
      const events = happenings(2);
      await assert.rejects(store.append('thing-1', 'none', events), coded('unknown_outcome'));
      const settled = await store.append('thing-1', 'none', events);
      assert.equal(settled.status === 'appended' && settled.revision, 1);
      assert.equal((await wholeHistory(store)).length, 2);
    });
  }

  it('is settled across a restart', async (t) => {
    const { open } = await inFolder(t);
    const events = happenings(2);
    const store = await open();
    const first = await store.append('thing-1', 'none', events);
    await store.append('thing-1', 1, happenings(1));
    await store.close();
    const again = await open();
    assert.equal(again.epoch, store.epoch);
    assert.deepEqual(await again.append('thing-1', 'none', events), answeredAgain(first));
  });
});

describe('the SQLite event store and other processes', () => {
  it('keeps everything it acknowledged through kill -9', { timeout: 30_000 }, async (t) => {
    const { folder, open } = await inFolder(t);
    const child = writingProcess(folder, 16, 1_000_000);
    const acknowledged: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line !== 'open') acknowledged.push(line);
      if (acknowledged.length === 400) child.kill('SIGKILL');
    }
    const store = await open();
    const stored = new Map((await wholeHistory(store)).map((event) => [event.position, event]));
    for (const line of acknowledged) {
      const [writer, revision, position] = line.split(' ');
      const event = stored.get(BigInt(position ?? ''));
      assert.deepEqual([event?.stream, event?.revision], [`writer-${writer}`, Number(revision)]);
      assert.equal(event?.data.revision, Number(revision));
    }
    const result = await store.append('writer-0', 'any', happenings(1));
    assert.ok(
      positionOf(result) > Math.max(...[...stored.keys()].map(Number)),
      'the restarted writer goes on',
    );
  });

  it('stops for good when a commit fails, keeps what it acknowledged, and settles after a restart', {
    timeout: 30_000,
  }, async (t) => {
    const { folder, open } = await inFolder(t);
    // The operating system refuses to let a file grow beyond the limit: a real failure of a real write.
    const child = spawn(
      'sh',
      ['-c', 'ulimit -f 2048; exec "$@"', 'sh', process.execPath, WRITING_PROCESS, folder, '8', '1000000'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);
    const acknowledged = lines.filter((line) => /^\d/.test(line));
    assert.ok(acknowledged.length > 0);
    assert.equal(lines.filter((line) => line.startsWith('fatal')).length, 1);
    assert.equal(lines.filter((line) => line === 'failed unknown_outcome').length, 8);
    assert.equal(lines.at(-2), 'then unavailable');
    const stands = `stands down: sqlite:events.db: the event store has stopped: `;
    assert.ok(lines.at(-1)?.startsWith(stands), lines.join());
    const store = await open();
    const stored = await wholeHistory(store);
    const places = new Set(stored.map(({ stream, revision }) => `${stream}/${revision}`));
    for (const line of acknowledged) {
      const [writer, revision] = line.split(' ');
      assert.ok(places.has(`writer-${writer}/${revision}`), `${line} was acknowledged`);
    }
    const revision = stored.findLast(({ stream }) => stream === 'writer-0')?.revision ?? -1;
    const again = revision < 1 ? ('none' as const) : revision - 1;
    const last = happening({ revision }, { seed: revision });
    assert.equal((await store.append('writer-0', again, [last])).status, 'appended');
    assert.equal((await wholeHistory(store)).length, stored.length, 'the repeat was recognised');
  });

  it('lets a second process read and follow while one writes, and no second one write', {
    timeout: 30_000,
  }, async (t) => {
    const { folder, open } = await inFolder(t);
    const child = writingProcess(folder, 4, 100, 'hold');
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await assert.rejects(open(), coded('second_writer'));
    const reader = await open(true);
    await assert.rejects(reader.append('thing-1', 'any', happenings(1)), coded('unavailable'));
    const { events } = await followUntil(reader, {}, (_batches, seen) => seen.length === 400);
    assert.deepEqual(events, await wholeHistory(reader));
    for (const writer of [0, 1, 2, 3]) {
      const revisions: number[] = events.flatMap(({ stream, revision }) =>
        stream === `writer-${writer}` ? [revision] : [],
      );
      assert.deepEqual(revisions, Array.from(revisions.keys()));
      assert.equal(revisions.length, 100);
    }
  });

  it('lets nobody else write while it is open, whatever becomes of the file of its lock', async (t) => {
    const { folder, open } = await inFolder(t);
    const store = await open();
    rmSync(join(folder, 'events.lock'));
    for (const revision of ['none', 0, 1] as const) {
      await assert.rejects(open(), coded('second_writer'));
      const other = new DatabaseSync(join(folder, 'events.db'), { timeout: 0 });
      assert.throws(() => other.exec('BEGIN IMMEDIATE'), /locked/);
      other.close();
      assert.equal((await store.append('thing-1', revision, happenings(1))).status, 'appended');
    }
    await store.close();
    assert.equal((await wholeHistory(await open())).length, 3);
  });

  it('refuses a second writer in the same process, until the first has closed', async (t) => {
    const { open } = await inFolder(t);
    const first = await open();
    await assert.rejects(
      open(),
      (error: Error) => coded('second_writer')(error) && /another process/.test(error.message),
    );
    await first.append('thing-1', 'none', happenings(1));
    await first.close();
    const second = await open();
    assert.equal((await wholeHistory(second)).length, 1);
  });

  it('is down while it cannot be read, and up again once it can', async (t) => {
    const { folder, open } = await inFolder(t);
    await (await open()).close();
    const store = await open(true);
    const file = join(folder, 'events.db');
    const database = new DatabaseSync(file);
    database.exec('ALTER TABLE event RENAME TO elsewhere');
    await assert.rejects(store.readAll({ limit: 1 }), coded('unavailable'));
    const { address, state, errors, lastError } = store.standing();
    assert.deepEqual([address, state, errors], ['sqlite:events.db', 'down', 1]);
    assert.match(lastError?.message ?? '', new RegExp(`^${address}: .*no such table`));
    database.exec('ALTER TABLE elsewhere RENAME TO event');
    database.close();
    await store.readAll({ limit: 1 });
    assert.equal(store.standing().state, 'up');
  });

  it('has nothing to read before anybody has written', async (t) => {
    const { open } = await inFolder(t);
    await assert.rejects(open(true), coded('unavailable'));
  });
});

describe('a file that the SQLite event store cannot read', () => {
  const damages: Readonly<Record<string, (file: string) => void>> = {
    'is of a newer version': (file) => {
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 99');
      db.close();
    },
    'is cut short': (file) => truncateSync(file, statSync(file).size - 16_384),
    'is cut to nothing': (file) => truncateSync(file, 0),
    'is no database': (file) => writeFileSync(file, 'not a database at all, but some text'.repeat(100)),
    'is the database of another program': (file) => {
      rmSync(file);
      new DatabaseSync(file).exec('CREATE TABLE other (id INTEGER)');
    },
  };
  for (const [damage, apply] of Object.entries(damages)) {
    it(`is refused and named when it ${damage}`, async (t) => {
      const { folder, open } = await inFolder(t);
      const store = await open();
      for (let at = 0; at < 10; at++)
        await store.append('thing-1', 'any', [happening({ text: 'x'.repeat(9_000) })]);
      await store.close();
      const file = join(folder, 'events.db');
      apply(file);
      await assert.rejects(
        open(),
        (error: Error) => coded('unreadable')(error) && error.message.includes(file),
      );
      // The lock of the refused writer is free again.
      await assert.rejects(open(), coded('unreadable'));
    });
  }
});

describe('the limits of the SQLite writer', () => {
  it('refuses what exceeds its queue at once, and loses nothing it took', async (t) => {
    const folder = tempFolder();
    const store = await openSqliteEventStore({ folder, clock, limits: { queueAppends: 8 } });
    t.after(async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    });
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => store.append('thing-1', 'any', happenings(1))),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    assert.equal(refused.length, 12);
    for (const { reason } of refused) assert.ok(coded('overloaded')(reason));
    assert.equal((await wholeHistory(store)).length, 8);
    assert.equal((await store.append('thing-1', 7, happenings(1))).status, 'appended');
  });
});
