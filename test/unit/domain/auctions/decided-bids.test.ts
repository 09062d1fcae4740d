import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BidName } from '#domain/auctions/auction/bid-name.ts';
import {
  type DecidedBids,
  isDecided,
  noBidsDecided,
  withDecided,
} from '#domain/auctions/auction/decided-bids.ts';

const BIDDERS = ['ann', 'bob', 'cid'] as const;
const named = (bidder: string, nth: number): BidName => ({ bidId: `${bidder}-${nth}`, bidder, nth });
const afterAll = (names: readonly BidName[]): DecidedBids => names.reduce(withDecided, noBidsDecided);
const sizeOf = (decided: DecidedBids): number => JSON.stringify(decided).length;

test('exactly those bids are known that were decided, in whatever order and however often', () => {
  const name = fc.record({ bidder: fc.constantFrom(...BIDDERS), nth: fc.integer({ min: 1, max: 12 }) });
  const property = fc.property(fc.array(name, { maxLength: 40 }), (names) => {
    const decided = afterAll(names.map(({ bidder, nth }) => named(bidder, nth)));
    const known = new Set(names.map(({ bidder, nth }) => `${bidder}-${nth}`));
    for (const bidder of BIDDERS)
      for (let nth = 1; nth <= 13; nth++)
        assert.equal(isDecided(decided, named(bidder, nth)), known.has(`${bidder}-${nth}`));
  });
  fc.assert(property, { numRuns: Number(process.env.ANNALS_RUNS ?? 300) });
});

test('the same bids give the same, in whatever order they were decided', () => {
  const numbers = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 });
  fc.assert(
    fc.property(numbers, (some) => {
      const ordered = some.toSorted((one, other) => one - other);
      const of = (them: readonly number[]) => afterAll(them.map((nth) => named('ann', nth)));
      assert.deepEqual(of(some), of(ordered));
    }),
  );
});

test('a bid is known again behind a hundred thousand others, by no more room than behind a hundred', () => {
  const people = (count: number) =>
    Array.from({ length: count }, (_, at) => named(`p${at % 7}`, Math.floor(at / 7) + 1));
  const few = afterAll(people(700));
  const many = afterAll(people(100_000));
  for (const nth of [1, 2, 7_000, 14_285]) assert.ok(isDecided(many, named('p3', nth)), `${nth}`);
  assert.ok(!isDecided(many, named('p3', 14_287)));
  assert.ok(sizeOf(many) < sizeOf(few) + 7 * 5, 'only the numbers have become longer');
});

test('a bid that nobody has numbered is known by its id', () => {
  const decided = withDecided(noBidsDecided, { bidId: 'b1', bidder: 'ann' });
  assert.ok(isDecided(decided, { bidId: 'b1', bidder: 'ann' }));
  assert.ok(!isDecided(decided, { bidId: 'b2', bidder: 'ann' }));
  assert.ok(!isDecided(decided, named('ann', 1)));
});
