import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { healthOf } from '#compose/health.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { inTurn, memberOf, wishFor } from '#engines/consumer/members.ts';
import { partsOf } from '#engines/consumer/partition.ts';
import { HISTORY, lossOf } from '#engines/read-store/history.ts';
import { append, type Fact, historyOf } from '#test/support/counters.ts';
import { lots } from '#test/support/lots-read.ts';
import { FAST, type Member, type MemberOptions, memberIn } from '#test/support/members.ts';
import { until } from '#test/support/until.ts';
import type { ReadStoreEngine } from './read-store/engine.ts';

const PARTS = 8;
const factsFrom = (first: number, count: number): Fact[] =>
  Array.from({ length: count }, (_, at) => [`k${(first + at) % 24}`, BigInt(first + at + 1)]);
const keyOf = (event: RecordedEvent): string => (event.data as { name: string }).name;

/** Writes a document for each event, which is there once however often it is handled; counts how often that is. */
function noting(handled: string[] = [], name = 'notes'): Handler {
  return {
    name,
    filter: { types: ['Counted'] },
    partitions: PARTS,
    key: keyOf,
    async handle(events) {
      for (const { eventId } of events) handled.push(eventId);
      const writes = events.map((event) => ({
        ...{ collection: lots.name, id: event.eventId, key: keyOf(event), position: event.position },
        body: { state: keyOf(event) },
      }));
      return { writes, failures: [] };
    },
  };
}

const parts = partsOf({ name: 'notes', partitions: PARTS });
const duesOf = (owner: string, members: readonly string[]): string[] =>
  parts.filter((part) => inTurn(part, members)[0] === owner).sort();

/** Processes that share consumers by their leases, on each engine that keeps those. */
export function sharingContract({ engine, open }: ReadStoreEngine, pace = FAST): void {
  describe(`sharing: ${engine}`, () => {
    let readStore: ReadStore;
    let store: EventStore;
    let members: Member[];
    beforeEach(async () => {
      [readStore, store, members] = [await open(), await historyOf(factsFrom(0, 60)), []];
      await readStore.documents.declare(lots);
    });
    afterEach(async () => {
      for (const member of members) member.wake();
      await Promise.all(members.map((member) => member.stop()));
      await readStore.close();
    });

    const join = async (owner: string, handler = noting(), options: MemberOptions = {}) => {
      const member = memberIn(store, readStore, owner, { ...pace, ...options });
      members.push(member);
      await member.consume(handler);
      return member;
    };
    const holds = (member: Member, dues: readonly string[]) =>
      until(() => member.held().join() === dues.join(), `${member.owner} holds ${dues.join()}`);
    const reachedAll = (position: bigint) =>
      until(async () => {
        const records = await readStore.consumers.all();
        return parts.every((part) =>
          records.some((it) => it.consumer === part && (it.checkpoint ?? 0n) >= position),
        );
      }, `all parts have reached ${position}`);

    it('gives each what is its due, also one that comes later, and everything is handled once', async () => {
      const handled: string[] = [];
      const one = await join('one', noting(handled));
      await holds(one, [...parts].sort());
      const two = await join('two', noting(handled));
      for (const member of [one, two]) await holds(member, duesOf(member.owner, ['one', 'two']));
      const three = await join('three', noting(handled));
      for (const member of members) await holds(member, duesOf(member.owner, ['one', 'two', 'three']));
      assert.ok(three.held().length > 0 && two.held().length > 0);
      await reachedAll(await append(store, factsFrom(60, 40)));
      assert.equal(new Set(handled).size, 100);
      assert.equal(handled.length, 100);
    });

    it('hands on at once what one leaves, and all of it', async () => {
      const minute = { leaseMs: 60_000 };
      const [one, two] = [await join('one', noting(), minute), await join('two', noting(), minute)];
      for (const member of members) await holds(member, duesOf(member.owner, ['one', 'two']));
      await one.stop();
      await holds(two, [...parts].sort());
      const signs = (await readStore.consumers.all()).map(({ consumer }) => consumer);
      assert.ok(!signs.includes(memberOf('counters', 'one')));
    });

    it('gives the parts of one that is killed to the others', async () => {
      const [one, two] = [await join('one'), await join('two')];
      for (const member of members) await holds(member, duesOf(member.owner, ['one', 'two']));
      one.pause();
      // Nobody needs a doctor meanwhile.
      assert.deepEqual(healthOf(two.statuses()), { ready: true });
      await holds(two, [...parts].sort());
      await reachedAll(await append(store, factsFrom(60, 40)));
    });

    it('fences one that was paused beyond its lease: nothing of what it had in hand is written, here or behind it', async () => {
      let entered = Promise.withResolvers<void>();
      const notes = noting();
      const one = await join('one', {
        ...notes,
        handle: async (events, signal) => {
          const { writes } = await notes.handle(events, signal);
          entered.resolve();
          return { writes: writes.map((it) => ({ ...it, id: `one ${it.id}` })), failures: [] };
        },
      });
      await reachedAll(await store.head());
      const two = await join('two');
      const sharedOut = async () => {
        for (const member of members) await holds(member, duesOf(member.owner, ['one', 'two']));
      };
      await sharedOut();
      entered = Promise.withResolvers();
      const last = await append(store, factsFrom(60, 40));
      await entered.promise;
      one.pause();
      await holds(two, [...parts].sort());
      await reachedAll(last);
      const before = await standingOf(readStore);
      one.wake();
      await sharedOut();
      assert.ok((one.calls.get('fenced') ?? 0) > 0, 'it tried');
      assert.deepEqual(await standingOf(readStore), before);
      // The same machine's clock is set forward, by more than every lease: whoever asks first is the owner, and there is one.
      for (const member of members) member.clock.pass(pace.leaseMs * 100);
      await reachedAll(await append(store, factsFrom(100, 20)));
      await sharedOut();
      const { written } = await standingOf(readStore);
      // Each event is there once: by the one or by the other, never by both.
      assert.equal(new Set(written.map((id) => id.replace('one ', ''))).size, written.length);
      assert.equal(written.length, 120);
      assert.deepEqual(healthOf(members.flatMap((member) => member.statuses())), { ready: true });
    });

    it('keeps nothing idle for one that is there and takes nothing, whether it asks or not', async () => {
      const dues = duesOf('ghost', ['one', 'ghost']);
      const [asked = '', ...others] = dues;
      assert.ok(others.length > 0);
      const now = Date.now();
      await readStore.consumers.lease(memberOf('counters', 'ghost'), 'ghost', now, 60_000);
      await readStore.consumers.lease(wishFor(asked), 'ghost', now, 60_000);
      const one = await join('one');
      await holds(one, [...parts].sort());
      // It is offered what it asks for, now and then, and it does not take it.
      await until(() => !one.held().includes(asked), 'it is handed on');
      assert.deepEqual(one.held(), parts.filter((part) => part !== asked).sort());
      await holds(one, [...parts].sort());
    });

    it('costs one look at a time for all parts, and no question of a part that another has', async () => {
      await join('one');
      const two = await join('two');
      for (const member of members) await holds(member, duesOf(member.owner, ['one', 'two']));
      await pause(4 * pace.lookMs);
      two.calls.clear();
      await pause(10 * pace.lookMs);
      const { calls } = two;
      assert.ok((calls.get('all') ?? 0) <= 10, `${calls.get('all')} looks in ten times the pause`);
      // Its own are renewed, and its presence.
      assert.ok((calls.get('lease') ?? 0) <= 6 * (two.held().length + 1), `${calls.get('lease')} leases`);
      assert.equal(calls.get('checkpoint'), undefined);
    });

    it('tells nobody of a loss or a reader: those who are only there have read nothing', async () => {
      await join('one');
      await readStore.settings.put(HISTORY, 'another');
      await reachedAll(await store.head());
      const loss = await lossOf(readStore, store);
      assert.deepEqual(loss?.readers.map(({ consumer }) => consumer).sort(), [...parts].sort());
      await readStore.settings.put(HISTORY, store.epoch);
    });
  });
}

/** All that consumers have left. */
async function standingOf({ consumers, documents }: ReadStore) {
  const checkpoints = (await consumers.all()).map(({ consumer, checkpoint }) => [consumer, checkpoint]);
  const written = (await documents.scan(lots.name, undefined, 500)).map(({ id }) => id);
  return {
    written: written.sort(),
    checkpoints: checkpoints.filter(([, checkpoint]) => checkpoint !== undefined),
  };
}
