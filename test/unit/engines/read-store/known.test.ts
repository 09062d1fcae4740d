import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownDocuments } from '#engines/read-store/mongodb/known.ts';

test('what is known of a collection is what this process has written, as long as nobody else has', () => {
  const known = knownDocuments();
  assert.deepEqual(known.in('one', 0n), { positions: new Map(), isAll: true }, 'nothing was ever in it');
  assert.deepEqual(known.in('one', 3n), { positions: new Map(), isAll: false });
  known.learn('one', 0n, new Map([['a', 1n]]));
  known.learn('one', 1n, new Map([['b', 2n]]));
  const { positions, isAll } = known.in('one', 2n);
  assert.deepEqual([positions, isAll], [new Map([['a', 1n]]).set('b', 2n), true]);
  assert.deepEqual(known.in('one', 3n), { positions: new Map(), isAll: false }, 'somebody else has written');
  known.learn('one', 3n, new Map([['a', 7n]]));
  const behindThem = known.in('one', 4n);
  assert.deepEqual([behindThem.positions, behindThem.isAll], [new Map([['a', 7n]]), false]);
});

test('of two commits that are told of in the other order, the later one is what is known', () => {
  const known = knownDocuments();
  known.learn('one', 0n, new Map([['a', 1n]]));
  known.learn('one', 2n, new Map([['a', 3n]]));
  known.learn('one', 1n, new Map([['a', 2n]]));
  assert.deepEqual(known.in('one', 3n).positions, new Map([['a', 3n]]));
  assert.equal(known.in('one', 2n).positions.size, 0);
});

test('the oldest are forgotten, and what is not known may be there from then on', () => {
  const known = knownDocuments();
  const many = Array.from({ length: 10_001 }, (_, at) => [`id${at}`, 1n] as const);
  known.learn('one', 0n, new Map(many.slice(0, 10_000)));
  assert.equal(known.in('one', 1n).isAll, true);
  known.learn('one', 1n, new Map([['id0', 2n], ...many.slice(10_000)]));
  const { positions, isAll } = known.in('one', 2n);
  assert.deepEqual(
    [positions.size, positions.get('id0'), positions.has('id1'), isAll],
    [10_000, 2n, false, false],
  );
  for (let at = 0; at < 32; at += 1) known.learn(`other${at}`, 0n, new Map());
  assert.equal(known.in('one', 2n).positions.size, 0, 'so are collections');
});
