import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gathering } from '#engines/consumer/gathering.ts';
import { consumerLimits, mostOf } from '#engines/consumer/limits.ts';
import { append, historyOf } from '#test/support/counters.ts';

test('what is gathered is handed over when it is enough, when it has waited for enough pages, and when it is live', async () => {
  const store = await historyOf([]);
  await append(store, [['a', 1n]]);
  const { events } = await store.readAll({ limit: 1 });
  const some = Array.from({ length: 5 }, () => events).flat();
  const gathered = gathering(20);
  for (const _ of ['5', '10']) assert.equal(gathered.with(some, false), undefined);
  assert.equal(gathered.with(some, false), undefined, 'another five are no more than it takes');
  assert.equal(gathered.with(some, false)?.length, 20);
  assert.equal(gathered.with(some.slice(1), false), undefined);
  assert.equal(gathered.with([...some, ...some], false)?.length, 14, 'another ten would leave four behind');
  for (let page = 1; page < consumerLimits.gatheredPages; page++)
    assert.equal(gathered.with([], false), undefined);
  assert.deepEqual(gathered.with([], false), [], 'its place is to be kept, though nothing is its own');
  assert.equal(gathered.with(events, false), undefined);
  assert.equal(gathered.with(events, true)?.length, 2);
  assert.equal(gathered.with(events, true)?.length, 1);
});

test('a handler is given as many events at once as it asks for, within bounds', () => {
  assert.equal(mostOf({ name: 'one' }), consumerLimits.eventsPerCommit);
  assert.equal(mostOf({ name: 'one', most: 2_000 }), 2_000);
  for (const most of [0, 1.5, consumerLimits.mostPerCommit + 1])
    assert.throws(() => mostOf({ name: 'one', most }), RangeError);
});
