import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, leastReaching, meetsReserve, raise, smallestBid } from '#domain/auctions/auction/proxy.ts';
import { areSound, feeOn, Tiers } from '#domain/auctions/fees.ts';
import { Ladder, ladderOf, ladders, nextPrice } from '#domain/auctions/ladder.ts';
import { currencies } from '#domain/kernel/currencies.ts';
import { terms } from '#test/support/auctions.ts';

const { ladder } = terms;

test('the eBay US ladder, at both sides of every step', () => {
  const table: readonly (readonly [price: bigint, increment: bigint])[] = [
    [0n, 5n],
    [99n, 5n],
    [1_00n, 25n],
    [4_99n, 25n],
    [5_00n, 50n],
    [24_99n, 50n],
    [25_00n, 1_00n],
    [99_99n, 1_00n],
    [100_00n, 2_50n],
    [249_99n, 2_50n],
    [250_00n, 5_00n],
    [499_99n, 5_00n],
    [500_00n, 10_00n],
    [999_99n, 10_00n],
    [1_000_00n, 25_00n],
    [2_499_99n, 25_00n],
    [2_500_00n, 50_00n],
    [4_999_99n, 50_00n],
    [5_000_00n, 100_00n],
    [1_000_000_00n, 100_00n],
  ];
  for (const [price, increment] of table)
    assert.equal(nextPrice(price, ladder), price + increment, `${price}`);
});

test('every published ladder rises and ends without a limit; one never published is none', () => {
  for (const published of ladders) {
    const { currency, version } = published;
    assert.equal(ladderOf(currency, version), published, `${currency} ${version}`);
    assert.ok(currencies.has(currency));
    assert.equal(Ladder.safeEncode(published).success, true);
    const ends = published.steps.map(({ below }) => below);
    assert.equal(ends.at(-1), undefined);
    assert.deepEqual(
      ends.slice(0, -1),
      ends.slice(0, -1).toSorted((a = 0n, b = 0n) => (a < b ? -1 : 1)),
    );
  }
  assert.equal(ladderOf('USD', 4), undefined);
  assert.equal(ladderOf('XXX', 1), undefined);
});

test('a ladder of round sums keeps to them, wherever a maximum has left the price', () => {
  const round = ladderOf('USD', 3);
  assert.ok(round);
  const next = (price: bigint) => nextPrice(price * 100n, round) / 100n;
  assert.deepEqual([49n, 50n, 55n, 98n, 99n, 100n, 197n, 1_999n].map(next), [
    ...[50n, 55n, 60n, 100n, 100n, 110n, 200n, 2_000n],
  ]);
  const adds = ladderOf('USD', 2);
  assert.ok(adds);
  assert.equal(nextPrice(49_00n, adds), 51_00n);
});

const anyLadder = fc.constantFrom(...ladders);
const price = fc.bigInt({ min: 1n, max: 1_000_000_00n });

test('on every ladder the next price is above the last, and higher behind a higher one', () => {
  fc.assert(
    fc.property(anyLadder, price, price, (on, one, other) => {
      assert.ok(nextPrice(one, on) > one);
      if (one <= other) assert.ok(nextPrice(one, on) <= nextPrice(other, on));
      if (on.roundSums) assert.equal(nextPrice(nextPrice(one, on) - 1n, on), nextPrice(one, on));
    }),
  );
});

test('what is shown of a bid that does not lead was offered, and says no more than the price', () => {
  fc.assert(
    fc.property(anyLadder, price, price, price, (ladder, opening, lead, other) => {
      const rules = { openingBid: opening, ladder };
      const first = { bidId: 'b1', bidder: 'ann', maximum: opening + lead };
      const before = raise(rules, undefined, first);
      const bid = { bidId: 'b2', bidder: 'bob', maximum: opening + other };
      if (judge(rules, before, bid) !== undefined) return;
      const after = raise(rules, before, bid);
      if (after.leading.bidId === 'b2') return;
      const offered = leastReaching(rules, before, after.price);
      assert.ok(smallestBid(rules, before) <= offered && offered <= bid.maximum);
      // Whoever had offered only that would have left the auction in the same place.
      assert.deepEqual(raise(rules, before, { ...bid, maximum: offered }), after);
    }),
  );
});

test('fees are marginal, summed exactly, and rounded once, half up', () => {
  // 25 % up to 1,000.00, 20 % up to 10,000.00, 12 % above.
  const tiers: Tiers = [
    { upTo: 1_000_00n, rateBasisPoints: 2_500 },
    { upTo: 10_000_00n, rateBasisPoints: 2_000 },
    { rateBasisPoints: 1_200 },
  ];
  const table: readonly (readonly [price: bigint, fee: bigint])[] = [
    [0n, 0n],
    [1n, 0n],
    [2n, 1n],
    [1_000_00n, 250_00n],
    [1_000_02n, 250_00n],
    [1_000_03n, 250_01n],
    [10_000_00n, 2_050_00n],
    [20_000_00n, 3_250_00n],
  ];
  for (const [price, fee] of table) assert.equal(feeOn(price, tiers), fee, `${price}`);
  // Two halves of a cent in two tiers are one cent: rounding each part would make it two.
  assert.equal(feeOn(2n, [{ upTo: 1n, rateBasisPoints: 5_000 }, { rateBasisPoints: 5_000 }]), 1n);
  assert.equal(feeOn(12_345n, [{ rateBasisPoints: 10_000 }]), 12_345n);
});

test('tiers rise, and only the last has no end', () => {
  const fits = (tiers: Tiers) => Tiers.safeEncode(tiers).success && areSound(tiers);
  assert.equal(fits([{ rateBasisPoints: 0 }]), true);
  assert.equal(fits([{ upTo: 5n, rateBasisPoints: 1 }, { rateBasisPoints: 0 }]), true);
  assert.equal(fits([]), false);
  assert.equal(fits([{ upTo: 5n, rateBasisPoints: 1 }]), false);
  assert.equal(fits([{ rateBasisPoints: 1 }, { rateBasisPoints: 1 }]), false);
  assert.equal(
    fits([{ upTo: 5n, rateBasisPoints: 1 }, { upTo: 5n, rateBasisPoints: 1 }, { rateBasisPoints: 1 }]),
    false,
  );
  assert.equal(fits([{ rateBasisPoints: 10_001 }]), false);
});

/** A line of a table: somebody's maximum, then who leads at what price; cents. `no` and why: it does not stand. */
type Line = readonly [
  bidder: string,
  maximum: bigint,
  leader: string,
  price: bigint | 'too_low' | 'not_raised',
];

const walks: Readonly<Record<string, { reserve?: bigint; lines: readonly Line[] }>> = {
  'without a reserve': {
    lines: [
      ['ann', 99n, '', 'too_low'],
      ['ann', 10_00n, 'ann', 1_00n],
      ['bob', 1_24n, 'ann', 'too_low'],
      ['bob', 1_25n, 'ann', 1_50n],
      ['bob', 9_90n, 'ann', 10_00n],
      ['bob', 10_49n, 'ann', 'too_low'],
      ['bob', 10_50n, 'bob', 10_50n],
      ['cid', 20_00n, 'cid', 11_00n],
      ['ann', 20_00n, 'cid', 20_00n],
      ['ann', 20_50n, 'ann', 20_50n],
    ],
  },
  'equal maxima: the earlier leads, at all of it': {
    lines: [
      ['ann', 5_00n, 'ann', 1_00n],
      ['bob', 5_00n, 'ann', 5_00n],
    ],
  },
  'a leader’s raise moves the maximum alone': {
    lines: [
      ['ann', 5_00n, 'ann', 1_00n],
      ['ann', 5_00n, 'ann', 'not_raised'],
      ['ann', 4_00n, 'ann', 'not_raised'],
      ['ann', 5_01n, 'ann', 1_00n],
      ['bob', 5_01n, 'ann', 5_01n],
    ],
  },
  'a reserve pulls the price up to the maximum, then holds it at the reserve': {
    reserve: 50_00n,
    lines: [
      ['ann', 10_00n, 'ann', 10_00n],
      ['ann', 20_00n, 'ann', 20_00n],
      ['bob', 30_00n, 'bob', 30_00n],
      ['bob', 80_00n, 'bob', 50_00n],
      ['cid', 60_00n, 'bob', 61_00n],
      ['bob', 90_00n, 'bob', 61_00n],
    ],
  },
  'a first bid at the reserve pays it': { reserve: 50_00n, lines: [['ann', 50_00n, 'ann', 50_00n]] },
};

for (const [name, { reserve, lines }] of Object.entries(walks)) {
  test(`proxy bidding ${name}`, () => {
    const rules = { openingBid: 1_00n, ladder, reserve };
    let standing: ReturnType<typeof raise> | undefined;
    for (const [index, [bidder, maximum, leader, price]] of lines.entries()) {
      const wrong = judge(rules, standing, { bidder, maximum });
      assert.equal(wrong, typeof price === 'string' ? price : undefined, `line ${index}`);
      if (wrong === undefined) standing = raise(rules, standing, { bidId: `${index}`, bidder, maximum });
      assert.equal(standing?.leading.bidder ?? '', leader, `line ${index}`);
      if (typeof price !== 'string') assert.equal(standing?.price, price, `line ${index}`);
    }
  });
}

test('the smallest bid is the opening bid, then a step above the price; the reserve is met or it is not', () => {
  const rules = { openingBid: 1_00n, ladder, reserve: 5_00n };
  assert.equal(smallestBid(rules, undefined), 1_00n);
  const standing = raise(rules, undefined, { bidId: 'b1', bidder: 'ann', maximum: 2_00n });
  assert.equal(smallestBid(rules, standing), 2_25n);
  assert.deepEqual(
    [4_99n, 5_00n].map((maximum) => meetsReserve(rules, maximum)),
    [false, true],
  );
  assert.equal(meetsReserve({ ...rules, reserve: undefined }, 1n), true);
});
