import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_UNDER_WAY, surplus } from '#write-side/accounts/provider/cookies.ts';

const ids = (count: number) => Array.from({ length: count }, (_, number) => `id-${number}`);

test('the oldest sign-ins make room for another, so many with one answer, whatever a browser brings', () => {
  assert.deepEqual(surplus(ids(MOST_UNDER_WAY - 1)), []);
  assert.deepEqual(surplus(ids(MOST_UNDER_WAY + 1)), ['id-0', 'id-1']);
  assert.deepEqual(surplus(ids(500)), ids(8));
});
