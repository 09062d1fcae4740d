import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openHistory } from '#compose/stores.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { viewReader } from '#projections/runtime/reader.ts';
import { verifyView } from '#projections/runtime/verify.ts';
import { dataFolder } from '#test/support/booted.ts';
import { append, clock, registry } from '#test/support/counters.ts';
import { STEADY } from '#test/support/members.ts';
import { until } from '#test/support/until.ts';
import { sharedViewsContract } from '../contracts/shared-views.suite.ts';
import { sharingContract } from '../contracts/sharing.suite.ts';
import { eightViews } from './eight-views.ts';
import { addressOf, closeAll, opening } from './mongo-given.ts';
import { sharedFor } from './servers.ts';

// Processes that share their work by a real server.

const server = await sharedFor('sharing by mongodb', 'mongodb');
after(async () => {
  await closeAll();
  await server?.end();
});

if (server !== undefined) {
  const { url } = server;
  const engine = {
    engine: 'mongodb',
    async open() {
      const store = await opening(addressOf(url));
      return { ...store, close: store.destroy };
    },
  };
  sharingContract(engine, STEADY);
  sharedViewsContract(engine, STEADY);
  processes(url);
}

/** A process that advances views, and what it says of itself. */
function advancing(folder: string, at: { readonly url: string; readonly database: string }) {
  const script = join(import.meta.dirname, 'sharing-process.ts');
  const owner = randomUUID();
  const child = spawn(process.execPath, [script, folder, at.url, at.database, owner], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let lines: string[] = [];
  let begun = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const all = (begun + chunk.toString()).split('\n');
    begun = all.pop() ?? '';
    lines = [...lines, ...all];
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  after(() => child.kill('SIGKILL'));
  const saying = (word: string) => lines.filter((line) => line.startsWith(word));
  return {
    exited,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    held: (): string[] => saying('holds ').at(-1)?.split(' ').slice(1).filter(Boolean) ?? [],
    fenced: () => saying('fenced ').length,
    problems: () => saying('problem '),
  };
}

/** Appends until it is stopped; answers how many. */
function load(store: EventStore) {
  const over = new AbortController();
  const ended = (async () => {
    let count = 0;
    for (; !over.signal.aborted; count += 1) {
      await append(store, [[`k${count % 50}`, BigInt(count + 1)]]);
      await pause(20);
    }
    return count;
  })();
  return {
    stop() {
      over.abort();
      return ended;
    },
  };
}

function processes(from: string): void {
  describe('processes that share views in mongodb', () => {
    it('give the parts of one that is killed or paused to the others in time, and fence it', async (t) => {
      const address = addressOf(from);
      const at = { url: from, database: address.database };
      const folder = await dataFolder();
      const store = await openHistory({ profile: 'embedded', folder }, { clock: systemClock() });
      after(() => store.close());
      const writing = load(store);
      after(() => writing.stop());
      const [one, two] = [advancing(folder, at), advancing(folder, at)];
      const share = (a: typeof one, b: typeof one) =>
        until(() => {
          const [mine, yours] = [a.held(), b.held()];
          return (
            mine.length > 0 && yours.length > 0 && new Set([...mine, ...yours]).size === eightViews.length
          );
        }, 'both have some, and together all');
      const allBy = async (heir: typeof one) => {
        const began = performance.now();
        await until(() => heir.held().length === eightViews.length, 'the heir has all');
        t.diagnostic(`handed on after ${Math.round(performance.now() - began)} ms`);
      };
      await share(one, two);
      one.signal('SIGKILL');
      await allBy(two);

      const three = advancing(folder, at);
      await share(two, three);
      two.signal('SIGSTOP');
      await allBy(three);
      two.signal('SIGCONT');
      await until(() => two.fenced() > 0, 'it is fenced when it wakes');
      await share(two, three);

      two.signal('SIGTERM');
      await allBy(three);
      assert.equal(await two.exited, 0);
      const events = await writing.stop();
      assert.ok(events > 100);
      await demandEqual(address, store);
      // On a machine that is busy a call may be late; it is done again, and what came of it is compared above.
      const problems = [...two.problems(), ...three.problems()].filter(
        (line) => !/no answer within/.test(line),
      );
      assert.deepEqual(problems, []);
      three.signal('SIGTERM');
      assert.equal(await three.exited, 0);
    });
  });
}

/** What they have made together is what one alone makes of the same history. */
async function demandEqual(address: ReturnType<typeof addressOf>, store: EventStore): Promise<void> {
  const readStore = await opening(address);
  const position = await store.head();
  const reader = viewReader({ views: eightViews, readStore, clock, waitMs: 20_000 });
  for (const view of eightViews) {
    await reader.find(view.name, { limit: 1 }, { position });
    const verified = await verifyView({ view, readStore, temporary: memoryReadStore(), store, registry });
    assert.deepEqual([verified.equal, verified.through, verified.documents], [true, position, 50]);
  }
  await readStore.close();
}
