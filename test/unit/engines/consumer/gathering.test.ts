import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gathering } from '#engines/consumer/gathering.ts';
import { consumerLimits } from '#engines/consumer/limits.ts';
import { append, historyOf } from '#test/support/counters.ts';

test('what is gathered is handed over when it is enough, when it has waited for enough pages, and when it is live', async () => {
  const store = await historyOf([]);
  await append(store, [['a', 1n]]);
  const { events } = await store.readAll({ limit: 1 });
  const many = Array.from({ length: consumerLimits.eventsPerCommit - 1 }, () => events).flat();
  const gathered = gathering();
  assert.equal(gathered.with(many, false), undefined);
  assert.equal(gathered.with(events, false)?.length, consumerLimits.eventsPerCommit);
  for (let page = 1; page < consumerLimits.gatheredPages; page++)
    assert.equal(gathered.with([], false), undefined);
  assert.deepEqual(gathered.with([], false), [], 'its place is to be kept, though nothing is its own');
  assert.equal(gathered.with(events, false), undefined);
  assert.equal(gathered.with(events, true)?.length, 2);
  assert.equal(gathered.with(events, true)?.length, 1);
});
