import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { projections } from '#cli/projections.ts';
import { memoryStores, openReadStore, openStores } from '#compose/stores.ts';
import { openWorkplace } from '#compose/workplace.ts';
import type { ConsumerStore } from '#domain/kernel/ports/consumer-store.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { buildsOf, collectionOf, consumerOf } from '#projections/runtime/builds.ts';
import { viewHandler } from '#projections/runtime/handler.ts';
import { RebuildError, rebuildView } from '#projections/runtime/rebuild.ts';
import { verifyView } from '#projections/runtime/verify.ts';
import { startViews } from '#projections/runtime/views.ts';
import {
  append,
  clock,
  countersView,
  type Fact,
  historyOf,
  loopOf,
  registry,
  totalsIn,
  totalsOf,
} from '#test/support/counters.ts';
import { until } from '#test/support/until.ts';

const RUNS = Number(process.env.ANNALS_RUNS ?? 25);
const view = countersView();

const folders: string[] = [];
const inFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-rebuild-'));
  folders.push(folder);
  return folder;
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const someFacts = (count: number, from = 0): Fact[] =>
  Array.from({ length: count }, (_, at) => [`k${(from + at) % 17}`, BigInt(from + at)]);

const start = (store: EventStore, readStore: ReadStore) =>
  startViews({ views: [view], readStore, clock, lookMs: 10, consume: loopOf(store, readStore) });

const verify = (store: EventStore, readStore: ReadStore, of = view) =>
  verifyView({ view: of, readStore, temporary: memoryStores().readStore, store, registry });

const liveTotals = async (readStore: ReadStore) => {
  const { live } = await buildsOf(readStore.settings, view.name);
  assert.ok(live);
  return totalsIn(readStore, collectionOf(view.name, live));
};

describe('a rebuild', () => {
  it('by another process while events keep arriving switches in, loses nothing, and verifies equal', async () => {
    const folder = inFolder();
    const facts = someFacts(1_200);
    const store = await historyOf(facts);
    const served = await openReadStore({ profile: 'embedded', folder });
    const beside = await openReadStore({ profile: 'embedded', folder });
    const views = await start(store, served);
    await views.reader.get('counters', 'k1', { position: await store.head() });

    let writing = true;
    let seen = 0n;
    const arriving = (async () => {
      while (writing) {
        const more = someFacts(5, facts.length);
        facts.push(...more);
        const position = await append(store, more);
        await views.reader.find('counters', { limit: 1 }, { position });
        const reached = await views.reader.reached('counters');
        assert.ok(reached >= seen, 'a reader saw the view go back');
        seen = reached;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const steps: bigint[] = [];
    const onProgress = ({ done }: { done: bigint }) => steps.push(done);
    await rebuildView({ view, consume: loopOf(store, beside), readStore: beside, store, clock, onProgress });
    assert.ok(steps.length > 0);
    assert.deepEqual((await buildsOf(beside.settings, 'counters')).live, { version: 1, number: 2 });
    const verified = await verify(store, beside);
    assert.deepEqual([verified.equal, verified.differing, verified.documents], [true, [], 17]);
    writing = false;
    await arriving;

    const position = await append(store, [['k1', 1n]]);
    facts.push(['k1', 1n]);
    await views.reader.get('counters', 'k1', { position });
    assert.deepEqual(await liveTotals(served), totalsOf(facts));
    await until(async () => (await served.consumers.all()).length === 1, 'the old build is dropped');
    await views.stop();
    await served.close();
    await beside.close();
  });

  it('that is interrupted or overtaken leaves the live build as it was', async () => {
    const store = await historyOf(someFacts(30));
    const { readStore } = memoryStores();
    const views = await start(store, readStore);
    await views.reader.get('counters', 'k1', { position: await store.head() });
    const options = { view, readStore, store, clock, consume: loopOf(store, readStore) };
    await assert.rejects(rebuildView({ ...options, signal: AbortSignal.abort() }), RebuildError);
    const builds = await buildsOf(readStore.settings, 'counters');
    assert.deepEqual([builds.live?.number, builds.filling, builds.replaced], [1, undefined, []]);
    let rival: Promise<unknown> | undefined;
    const overtaken = rebuildView({
      ...options,
      onProgress() {
        rival ??= rebuildView({ ...options, consume: loopOf(store, readStore) });
      },
    });
    const [first, second] = await Promise.allSettled([
      overtaken,
      overtaken.catch(() => rival).then(() => rival),
    ]);
    // Whichever wins, one build is live, and nothing of the other is left.
    assert.equal(second.status, 'fulfilled');
    assert.ok(first.status === 'fulfilled' || first.reason instanceof RebuildError);
    await until(async () => (await readStore.consumers.all()).length === 1, 'the others are dropped');
    assert.equal((await verify(store, readStore)).equal, true);
    await views.stop();
  });
});

describe('verify', () => {
  it('names the documents that differ', async () => {
    const store = await historyOf(someFacts(40));
    const { readStore } = memoryStores();
    const views = await start(store, readStore);
    await views.reader.get('counters', 'k1', { position: await store.head() });
    await views.stop();
    const { live } = await buildsOf(readStore.settings, 'counters');
    assert.ok(live);
    const lease = await readStore.consumers.lease(consumerOf('counters', live), 'vandal', 0, 1);
    assert.ok(lease);
    const position = (await store.head()) + 1n;
    const collection = collectionOf('counters', live);
    const write = { collection, position, key: 'k3' };
    await readStore.consumers.commit({
      lease,
      checkpoint: lease.checkpoint,
      parked: [],
      writes: [
        { ...write, id: 'k3', body: { total: '1' } },
        { ...write, id: 'extra', body: {} },
        { ...write, id: 'k5', body: null },
      ],
    });
    const verified = await verify(store, readStore);
    assert.equal(verified.equal, false);
    assert.deepEqual(verified.differing, ['extra', 'k3', 'k5']);
    const lines: string[] = [];
    const temporary = async () => ({ readStore: memoryStores().readStore, dispose: async () => undefined });
    const code = await projections(
      {
        ...{ folder: '/data', views: [view], registry, clock, store, readStore, temporary },
        ...{ consume: loopOf(store, readStore), print: (line: string) => void lines.push(line) },
      },
      ['verify'],
    );
    assert.equal(code, 1);
    const last = 'Equal to the history: 0 of 1 views. Not so, or not to be verified: counters.';
    assert.equal(lines.at(-1), last);
  });

  it('compares each page at a moment of its own, while the view moves on between them', async () => {
    const named = (at: number): Fact => [`key-${String(at).padStart(4, '0')}`, BigInt(at)];
    const store = await historyOf(Array.from({ length: 1_200 }, (_, at) => named(at)));
    const { readStore } = memoryStores();
    const views = await start(store, readStore);
    const atHead = async () => views.reader.get('counters', 'k', { position: await store.head() });
    await atHead();
    let moments = 0;
    const moving: ReadStore = {
      ...readStore,
      async atOneMoment(read) {
        // Of a page that was compared, of one that was not, and behind the last.
        await append(store, [named(moments), named(700 + moments), named(5_000 + moments)]);
        await atHead();
        moments += 1;
        return readStore.atOneMoment(read);
      },
    };
    const verified = await verify(store, moving);
    await views.stop();
    assert.deepEqual([verified.equal, verified.documents, verified.differing], [true, 1_203, []]);
    assert.deepEqual([moments, verified.through], [3, await store.head()]);
  });
});

describe('the command line', () => {
  it('works beside the running server on its folder, with exit codes that say how it went', async () => {
    const folder = inFolder();
    const { store, readStore, close } = await openStores({ profile: 'embedded', folder }, { clock });
    await append(store, someFacts(40));
    const views = await start(store, readStore);
    await views.reader.get('counters', 'k1', { position: await store.head() });
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    const work = await openWorkplace({ folder, views: [view], registry, print });
    const says = async (words: string, code: number, text: RegExp) => {
      lines.length = 0;
      assert.equal(await projections(work, words.split(' ')), code, lines.join('\n'));
      assert.match(lines.join('\n'), text);
    };
    await says('status', 0, /counters +1\.1 /);
    await says('rebuild counters', 0, /rebuilt from 40 events/);
    await says('verify counters', 0, /17 documents .*\n?Equal\./);
    await says(
      'verify',
      0,
      /counters:\n[\s\S]*17 documents .*\n?Equal\.\nEqual to the history: all of 1 views\.$/,
    );
    await says('verify counters counters', 0, /(counters:\n[\s\S]*17 documents .*\n?Equal\.\n?){2}/);
    await says('verify counters nothing', 64, /there is no view nothing; there are counters/);
    await says('parked', 0, /Nothing is parked/);
    await says('retry', 0, /No such key/);
    await says('retry counters k1', 1, /No such key/);
    await says('rebuild nothing', 64, /there is no view nothing; there are counters/);
    await says('rebuild counters twice', 64, /too many words/);
    await says('dance', 64, /npm run cli/);
    const position = await append(store, [['k1', 1_000n]]);
    const grown = (await views.reader.get('counters', 'k1', { position })) as { total: bigint };
    assert.equal(grown.total, 1_000n + 1n + 18n + 35n);
    await work.close();
    await views.stop();
    await close();
  });
});

describe('exactly once', () => {
  it('random histories, crashes between batches, owners and parts come to the plain fold', async () => {
    const fact = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.oneof(
        { weight: 5, arbitrary: fc.bigInt(0n, 99n) },
        { weight: 1, arbitrary: fc.constant('clear' as const) },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fact, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.constantFrom('go', 'lost before', 'lost after'), { maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (rounds, fates, partitions) => {
          const store = await historyOf([]);
          const { readStore } = memoryStores();
          const build = { version: 1, number: 1 };
          const collection = collectionOf('counters', build);
          await readStore.documents.declare({ name: collection, indexes: [], text: [] });
          const left = [...fates];
          const { documents } = readStore;
          const consumers: ConsumerStore = {
            ...readStore.consumers,
            async commit(commit) {
              const fate = left.shift();
              if (fate === 'lost before') throw new Error('the process died before the commit');
              const outcome = await readStore.consumers.commit(commit);
              if (fate === 'lost after') throw new Error('the process died after the commit');
              return outcome;
            },
          };
          for (const facts of rounds) {
            await append(store, facts);
            const handler = { ...viewHandler(view, build, documents), partitions };
            const consumer = await loopOf(store, { consumers })(handler);
            assert.equal(await consumer.reached(await store.head(), 10_000), true);
            await consumer.stop();
          }
          assert.deepEqual(await totalsIn(readStore, collection), totalsOf(rounds.flat()));
        },
      ),
      { numRuns: RUNS },
    );
  });
});
