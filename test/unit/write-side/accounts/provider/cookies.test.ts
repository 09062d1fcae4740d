import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idsOf, MOST_UNDER_WAY, surplus } from '#write-side/accounts/provider/cookies.ts';

const ids = (count: number) => Array.from({ length: count }, (_, number) => `id-${number}`);

test('the oldest sign-ins make room for another, so many with one answer, whatever a browser brings', () => {
  assert.deepEqual(surplus(ids(MOST_UNDER_WAY - 1)), []);
  assert.deepEqual(surplus(ids(MOST_UNDER_WAY + 1)), ['id-0', 'id-1']);
  assert.deepEqual(surplus(ids(500)), ids(8));
});

test('what a browser has begun is read in the order in which it sends it, whatever stands beside it', () => {
  const cookie =
    'a=b;annals_to_2="x"; annals_to_1=y=z ;annals_to_2=again; annals_to_; annals_to_<b>=1; __proto__=1; other_3=1; annals_to_4=%';
  assert.deepEqual(idsOf({ headers: { cookie } }, 'annals_to'), ['2', '1', '4']);
  assert.deepEqual(idsOf({ headers: {} }, 'annals_to'), []);
});
