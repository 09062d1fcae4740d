import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { quotaHere } from '#engines/quotas/memory.ts';

const grants = async (quota: ReturnType<typeof quotaHere>, key: string, points?: number) => {
  const { isGranted, left } = await quota.spend(key, points);
  return [isGranted, left];
};

test('each key has its points until its window ends, and begins anew with the next', async () => {
  const quota = quotaHere({ name: 'q', points: 3, windowSeconds: 1 });
  assert.deepEqual(await grants(quota, 'ann', 2), [true, 1]);
  assert.deepEqual(await grants(quota, 'bob'), [true, 2]);
  assert.deepEqual(await grants(quota, 'ann', 2), [false, 0]);
  const { isGranted, endsInMs } = await quota.spend('ann');
  assert.ok(!isGranted && endsInMs > 0 && endsInMs <= 1_000);
  await pause(1_100);
  assert.deepEqual(await grants(quota, 'ann'), [true, 2]);
});

test('of too many keys the one that was spent of longest ago is forgotten, and no other', async () => {
  const quota = quotaHere({ name: 'q', points: 1, windowSeconds: 600, most: 2 });
  for (const key of ['ann', 'bob', 'ann', 'cyd']) await quota.spend(key);
  assert.deepEqual(await grants(quota, 'ann'), [false, 0]);
  assert.deepEqual(await grants(quota, 'bob'), [true, 0]);
  assert.deepEqual(await grants(quota, 'cyd'), [true, 0], 'forgotten for bob');
});

test('a clock that was ahead makes nobody wait for longer than a window', async (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2036, 2, 1) });
  const quota = quotaHere({ name: 'q', points: 1, windowSeconds: 60 });
  await quota.spend('ann');
  context.mock.timers.setTime(Date.UTC(2026, 2, 1));
  const { isGranted, endsInMs } = await quota.spend('ann');
  assert.deepEqual([isGranted, endsInMs], [false, 60_000]);
});
