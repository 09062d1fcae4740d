import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';
import { type Build, buildsOf, collectionOf, consumerOf } from '#projections/runtime/builds.ts';
import { rebuildView } from '#projections/runtime/rebuild.ts';
import { verifyView } from '#projections/runtime/verify.ts';
import { type RunningViews, startViews } from '#projections/runtime/views.ts';
import type { View } from '#projections/view.ts';
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
import { FAST, type Member, memberIn } from '#test/support/members.ts';
import { until } from '#test/support/until.ts';
import type { ReadStoreEngine } from './read-store/engine.ts';

const factsFrom = (first: number, count: number): Fact[] =>
  Array.from({ length: count }, (_, at) => [`k${(first + at) % 7}`, BigInt(first + at + 1)]);
const FACTS = factsFrom(0, 300);
const newer: View = { ...countersView(), version: 2 };

/** Processes that advance the same views of one store, on each engine that keeps those. */
export function sharedViewsContract({ engine, open }: ReadStoreEngine, pace = FAST): void {
  describe(`shared views: ${engine}`, () => {
    let readStore: ReadStore;
    let store: EventStore;
    let running: { readonly member: Member; readonly views: RunningViews }[];
    beforeEach(async () => {
      [readStore, store, running] = [await open(), await historyOf(FACTS), []];
    });
    afterEach(async () => {
      for (const { member } of running) member.wake();
      for (const { member, views } of running) {
        await member.sharing.leave();
        await views.stop();
      }
      await readStore.close();
    });

    /** Counts what each build is handed, over all processes. */
    const handed = new Map<string, string[]>();
    const begin = async (owner: string, view: View = countersView()) => {
      const member = memberIn(store, readStore, owner, pace);
      const views = await startViews({
        ...{ views: [view], readStore: member.readStore, clock: member.clock },
        ...{ lookMs: 10, waitMs: 10_000, leftAfterMs: 10 * pace.leaseMs },
        consume: (handler) =>
          member.consume({
            ...handler,
            key: (event) => handler.key(event),
            handle: (events, signal) => {
              const known = handed.get(handler.name) ?? [];
              handed.set(handler.name, [...known, ...events.map(({ eventId }) => eventId)]);
              return handler.handle(events, signal);
            },
            forget: (isFresh) => handler.forget?.(isFresh),
          }),
      });
      running.push({ member, views });
      return { member, views };
    };
    beforeEach(() => handed.clear());

    const builds = () => buildsOf(readStore.settings, 'counters');
    const consumersThere = async () =>
      (await readStore.consumers.all())
        .filter(({ checkpoint }) => checkpoint !== undefined)
        .map(({ consumer }) => consumer);
    const live = async (version: number): Promise<Build> =>
      until(async () => {
        const { live: build, replaced } = await builds();
        const isAlone = (await consumersThere()).length === 1 && replaced.length === 0;
        return build?.version === version && isAlone && build;
      }, `version ${version} is live and alone`);
    const holderOf = (consumer: string) =>
      until(() => running.find(({ member }) => member.held().includes(consumer)), `${consumer} is held`);
    /** What every process reads is what the history comes to, and what a build by one alone comes to. */
    const demandEqual = async (view: View, facts: readonly Fact[]) => {
      const position = await store.head();
      for (const { views } of running) await views.reader.find('counters', { limit: 1 }, { position });
      const verified = await verifyView({ view, readStore, temporary: memoryReadStore(), store, registry });
      assert.equal(verified.equal, true);
      assert.equal(verified.through, position);
      const { live: build } = await builds();
      assert.ok(build);
      assert.deepEqual(await totalsIn(readStore, collectionOf('counters', build)), totalsOf(facts));
    };
    const demandHandledOnce = (build: Build, events: number) => {
      const seen = handed.get(consumerOf('counters', build)) ?? [];
      assert.deepEqual([seen.length, new Set(seen).size], [events, events]);
    };

    it('fill one build of an empty store that both find at once, and each event is folded once', async () => {
      await Promise.all([begin('one'), begin('two')]);
      const build = await live(1);
      assert.equal(build.number, 1);
      await append(store, factsFrom(300, 50));
      await demandEqual(countersView(), [...FACTS, ...factsFrom(300, 50)]);
      demandHandledOnce(build, 350);
    });

    it('fill one build of a new version that both begin at once, and both switch to it', async () => {
      await Promise.all([begin('old'), begin('older')]);
      await demandEqual(countersView(), FACTS);
      for (const { member, views } of running.splice(0)) {
        await member.sharing.leave();
        await views.stop();
      }
      await Promise.all([begin('one', newer), begin('two', newer)]);
      const build = await live(2);
      assert.equal(build.number, 2);
      await demandEqual(newer, FACTS);
      demandHandledOnce(build, FACTS.length);
    });

    it('follow a rebuild by somebody beside them, and drop what it replaced once nobody advances it', async () => {
      await Promise.all([begin('one'), begin('two')]);
      await demandEqual(countersView(), FACTS);
      const consume = loopOf(store, readStore);
      await rebuildView({ view: countersView(), consume, readStore, store, clock });
      await append(store, factsFrom(300, 50));
      const build = await live(1);
      assert.equal(build.number, 2);
      await holderOf(consumerOf('counters', build));
      await demandEqual(countersView(), [...FACTS, ...factsFrom(300, 50)]);
    });

    it('leave nothing of one that was paused while another switched and dropped what it was at', async () => {
      await Promise.all([begin('one'), begin('two')]);
      const before = await live(1);
      const { member: zombie } = await holderOf(consumerOf('counters', before));
      const caught = append(store, factsFrom(300, 50));
      zombie.pause();
      await caught;
      await rebuildView({
        ...{ view: countersView(), consume: loopOf(store, readStore), readStore, store, clock },
      });
      await until(async () => (await builds()).replaced.length === 0, 'the other has dropped the build');
      await append(store, factsFrom(350, 50));
      zombie.wake();
      const build = await live(1);
      assert.equal(build.number, 2);
      await demandEqual(countersView(), [...FACTS, ...factsFrom(300, 100)]);
      await assert.rejects(readStore.documents.scan(collectionOf('counters', before), undefined, 1));
      await until(
        async () => (await consumersThere()).join() === consumerOf('counters', build),
        'nothing is left of the one before',
      );
    });

    it('of two versions go on with the newer one, also while that changes hands', async () => {
      await begin('old');
      await demandEqual(countersView(), FACTS);
      await Promise.all([begin('one', newer), begin('two', newer)]);
      const build = await live(2);
      const consumer = consumerOf('counters', build);
      const { member, views } = await holderOf(consumer);
      member.pause();
      await until(
        () => running.some((it) => it.member !== member && it.member.held().includes(consumer)),
        'heir',
      );
      member.wake();
      await append(store, factsFrom(300, 50));
      await member.sharing.leave();
      await views.stop();
      await append(store, factsFrom(350, 50));
      await demandEqual(newer, [...FACTS, ...factsFrom(300, 100)]);
      assert.deepEqual(await builds(), { live: build, replaced: [], last: 2 });
    });
  });
}
