import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projections, type Workplace } from '#cli/projections.ts';
import { memoryStores } from '#compose/stores.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { EXIT, exitCodeOf } from '#exit';
import { startViews } from '#projections/runtime/views.ts';
import { clock, countersView, historyOf, loopOf, registry } from '#test/support/counters.ts';
import { answering, callOf } from '#test/support/read-store-calls.ts';

// Stores that go away while a command of the operator is at work, at each of the calls that it makes.

const AWAY = 'mongodb://10.0.0.7:27017/annals: connect ECONNREFUSED';
const view = countersView();
const COMMANDS = ['status', 'parked', 'retry', 'rebuild counters', 'verify counters', 'verify'];
/** Nobody waits for it: a lease that is not let go of runs out. */
const UNHEARD = 'consumers.release';

/** A view of some events, and the command at work on it. @param away the call from which on nothing is there any more; undefined: none */
async function commanded(words: string, away?: string) {
  const history = await historyOf(Array.from({ length: 40 }, (_, at) => [`k${at % 7}`, BigInt(at)] as const));
  const { readStore } = memoryStores();
  const filling = loopOf(history, readStore);
  const views = await startViews({ views: [view], readStore, clock, lookMs: 10, consume: filling });
  await views.reader.get('counters', 'k1', { position: await history.head() });
  await views.stop();
  const asked = new Set<string>();
  function isAwayAt(name: string): boolean {
    asked.add(name);
    return away !== undefined && asked.has(away);
  }
  const failing = answering(readStore, (call) =>
    isAwayAt(call.name) ? Promise.reject(new ReadStoreError(AWAY)) : callOf(readStore, call),
  );
  const ofHistory = <T>(name: string, work: () => Promise<T>): Promise<T> =>
    isAwayAt(name) ? Promise.reject(new StoreError('unavailable', AWAY)) : work();
  const work: Workplace = {
    ...{ folder: '/data', views: [view], registry, clock, print: () => undefined },
    store: {
      head: () => ofHistory('head', () => history.head()),
      readAll: (options) => ofHistory('readAll', () => history.readAll(options)),
    },
    readStore: failing,
    consume: loopOf(history, failing),
    temporary: async () => ({ readStore: memoryStores().readStore, dispose: async () => undefined }),
  };
  const outcome = await projections(work, words.split(' ')).catch((error: unknown) => error);
  return { outcome, asked };
}

for (const words of COMMANDS)
  test(`"${words}" ends as unavailable, in the words of the store, wherever it goes away`, async () => {
    const { outcome: well, asked } = await commanded(words);
    assert.equal(well, 0);
    const calls = [...asked].filter((name) => name !== UNHEARD);
    assert.ok(calls.length > 1, calls.join());
    for (const name of calls) {
      const { outcome } = await commanded(words, name);
      assert.ok(outcome instanceof Error, `${name}: ${outcome}`);
      assert.deepEqual([exitCodeOf(outcome), outcome.message], [EXIT.unavailable, AWAY], name);
    }
  });
