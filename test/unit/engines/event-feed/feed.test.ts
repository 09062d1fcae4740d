import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { type EventFilter, StoreError, storeLimits } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
import { sharedPages } from '#engines/event-feed/pages.ts';
import { memoryEventStore } from '#engines/event-store/memory.ts';
import { followUntil, wholeHistory } from '#test/contracts/event-store.suite.ts';
import { faultyStore } from '#test/support/faulty-store.ts';
import { happenings } from '#test/support/happenings.ts';

const clock = systemClock();
const coded = (code: string) => (error: unknown) => error instanceof StoreError && error.code === code;

describe('the event feed', () => {
  it('outlives dropped subscriptions and failed reads, without a gap or a repeat', {
    timeout: 30_000,
  }, async () => {
    const inner = memoryEventStore({ clock });
    let failingReads = 0;
    const store = faultyStore(inner, { read: () => failingReads-- > 0 });
    const feed = eventFeed(store, { clock, ringEvents: 8 });
    await inner.append('thing-0', 'none', happenings(20));
    failingReads = 2;
    const all = followUntil(feed, {}, (_, events) => events.length === 60);
    for (let at = 1; at <= 4; at++) {
      await inner.append(`thing-${at}`, 'none', happenings(10));
      store.dropFollowers();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual((await all).events, await wholeHistory(inner));
    assert.ok(store.followed() > 1);
    await feed.close();
  });

  it('serves all followers from one subscription, with the same objects', async () => {
    const inner = memoryEventStore({ clock });
    const store = faultyStore(inner);
    const feed = eventFeed(store, { clock });
    const followers = [1, 2, 3].map(() => followUntil(feed, {}, (_, events) => events.length === 3));
    await inner.append('thing-1', 'none', happenings(3));
    const [first, ...others] = await Promise.all(followers);
    for (const other of others)
      other.events.forEach((event, at) => void assert.equal(event, first?.events[at]));
    assert.equal(store.followed(), 1);
    await feed.close();
    assert.equal(store.following(), 0);
  });

  it('ends its followers when the store is past help', async () => {
    const store = faultyStore(memoryEventStore({ clock }));
    const feed = eventFeed(store, { clock });
    const following = followUntil(feed, {}, (batches) => {
      if (batches.length === 1) store.dropFollowers('unreadable');
      return false;
    });
    await assert.rejects(following, coded('unreadable'));
    const late = feed.follow({ after: BEGINNING, signal: new AbortController().signal });
    await assert.rejects(late[Symbol.asyncIterator]().next(), coded('unreadable'));
  });

  it('reads a page of history once for all who follow with the same filter', async () => {
    const inner = memoryEventStore({ clock });
    for (let at = 0; at < 25; at++) await inner.append(`thing-${at}`, 'none', happenings(100));
    const filter = { types: ['Happened'] };
    let reads = 0;
    const counting = {
      read: () => {
        reads += 1;
        return false;
      },
    };
    const feed = eventFeed(faultyStore(inner, counting), { clock, ringEvents: 8 });
    const history = await wholeHistory(inner);
    const all = (given: EventFilter) =>
      followUntil(feed, { filter: given }, (_, { length }) => length === 2_500);
    const together = await Promise.all(Array.from({ length: 8 }, () => all(filter)));
    for (const { events } of together) assert.deepEqual(events, history);
    const alone = Math.ceil(history.length / storeLimits.pageEvents);
    assert.ok(reads < 2 * alone, `${reads} reads of ${alone} pages`);
    reads = 0;
    await all({ ...filter });
    assert.equal(reads, alone, 'nothing is kept for whoever comes later');
    await feed.close();
  });

  it('keeps what one has read for those who are slower, though it has the present already', async () => {
    const inner = memoryEventStore({ clock });
    for (let at = 0; at < 25; at++) await inner.append(`thing-${at}`, 'none', happenings(100));
    let reads = 0;
    const pages = sharedPages({
      readAll: (asked) => {
        reads += 1;
        return inner.readAll(asked);
      },
    });
    const filter = { types: ['Happened'] };
    const [quick, slow, late] = [pages(filter), pages(filter), pages(filter)];
    const readOn = async (reader: ReturnType<typeof pages>) => {
      for (let after = BEGINNING; ; ) {
        const { through, end } = await reader.read({ after, limit: storeLimits.pageEvents, filter });
        if (end) return;
        after = through;
      }
    };
    await slow.read({ after: BEGINNING, limit: storeLimits.pageEvents, filter });
    await readOn(quick);
    quick.isLive();
    const once = reads;
    await readOn(slow);
    assert.equal(reads, once, 'all of it was there still');
    slow.isLive();
    await readOn(late);
    assert.equal(reads, 2 * once, 'when all had the present nothing was kept');
    for (const reader of [quick, slow, late]) reader.leave();
  });

  it('tells each of those who read together of a failure, and reads again', async () => {
    const inner = memoryEventStore({ clock });
    await inner.append('thing-1', 'none', happenings(20));
    let failing = 1;
    const feed = eventFeed(faultyStore(inner, { read: () => failing-- > 0 }), { clock, ringEvents: 8 });
    const filter = {};
    const all = () => followUntil(feed, { filter }, (_, { length }) => length === 20);
    const history = await wholeHistory(inner);
    for (const { events } of await Promise.all([all(), all()])) assert.deepEqual(events, history);
    await feed.close();
  });
});
