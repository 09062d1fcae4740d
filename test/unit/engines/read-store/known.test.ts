import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownDocuments } from '#engines/read-store/mongodb/known.ts';

const markOf = (writes: bigint): string => `mark ${writes}`;
/** So many commits, each of which has left its mark. */
const behind = (writes: bigint) => ({ writes, mark: markOf(writes) });

test('what is known of a collection is what this process has written, as long as nobody else has', () => {
  const known = knownDocuments();
  assert.deepEqual(
    known.in('one', behind(0n)),
    { positions: new Map(), isAll: true },
    'nothing was ever in it',
  );
  assert.deepEqual(known.in('one', behind(3n)), { positions: new Map(), isAll: false });
  known.learn('one', behind(0n), markOf(1n), new Map([['a', 1n]]));
  known.learn('one', behind(1n), markOf(2n), new Map([['b', 2n]]));
  const { positions, isAll } = known.in('one', behind(2n));
  assert.deepEqual([positions, isAll], [new Map([['a', 1n]]).set('b', 2n), true]);
  assert.deepEqual(
    known.in('one', behind(3n)),
    { positions: new Map(), isAll: false },
    'somebody else has written',
  );
  known.learn('one', behind(3n), markOf(4n), new Map([['a', 7n]]));
  const behindThem = known.in('one', behind(4n));
  assert.deepEqual([behindThem.positions, behindThem.isAll], [new Map([['a', 7n]]), false]);
});

test('a count that is met again in a database that was put back is not the one that was left behind', () => {
  const known = knownDocuments();
  known.learn('one', behind(0n), markOf(1n), new Map([['a', 1n]]));
  for (const mark of ['of another commit', undefined])
    assert.deepEqual(known.in('one', { writes: 1n, mark }), { positions: new Map(), isAll: false });
});

test('of two commits that are told of in the other order, the later one is what is known', () => {
  const known = knownDocuments();
  known.learn('one', behind(0n), markOf(1n), new Map([['a', 1n]]));
  known.learn('one', behind(2n), markOf(3n), new Map([['a', 3n]]));
  known.learn('one', behind(1n), markOf(2n), new Map([['a', 2n]]));
  assert.deepEqual(known.in('one', behind(3n)).positions, new Map([['a', 3n]]));
  assert.equal(known.in('one', behind(2n)).positions.size, 0);
});

test('the oldest are forgotten, and what is not known may be there from then on', () => {
  const known = knownDocuments();
  const many = Array.from({ length: 10_001 }, (_, at) => [`id${at}`, 1n] as const);
  known.learn('one', behind(0n), markOf(1n), new Map(many.slice(0, 10_000)));
  assert.equal(known.in('one', behind(1n)).isAll, true);
  known.learn('one', behind(1n), markOf(2n), new Map([['id0', 2n], ...many.slice(10_000)]));
  const { positions, isAll } = known.in('one', behind(2n));
  assert.deepEqual(
    [positions.size, positions.get('id0'), positions.has('id1'), isAll],
    [10_000, 2n, false, false],
  );
  for (let at = 0; at < 32; at += 1) known.learn(`other${at}`, behind(0n), markOf(1n), new Map());
  assert.equal(known.in('one', behind(2n)).positions.size, 0, 'so are collections');
});
