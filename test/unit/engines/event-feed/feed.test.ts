import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { StoreError } from '#domain/kernel/ports/event-store.ts';
import { systemClock } from '#engines/clock/system.ts';
import { eventFeed } from '#engines/event-feed/feed.ts';
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
});
