import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bidding, terms } from '#test/support/auctions.ts';

// The auction against a model that knows the rules in another way: it keeps every bid and works out price and leader from
// all of them each time, where the decider keeps the standing alone.

const runs = { numRuns: Number(process.env.ANNALS_RUNS ?? 300) };

const inc = (price: number): number => {
  const ladder = [100, 5, 500, 25, 2_500, 50, 10_000, 100, 25_000, 250, 50_000, 500, 100_000, 1_000];
  for (let at = 0; at < ladder.length; at += 2) if (price < Number(ladder[at])) return Number(ladder[at + 1]);
  return 2_500;
};

const contested = (led: number, max: number): number =>
  max > led ? Math.min(max, led + inc(led)) : Math.min(led, max + inc(max));

interface Offer {
  readonly who: string;
  readonly max: number;
}
/** The price of accepted bids in their order: the leader’s best against the best of everybody else, then the reserve. */
function model(offers: readonly Offer[], opening: number, reserve: number) {
  const best = new Map<string, number>();
  let leader = '';
  let price = 0;
  const answers = offers.map(({ who, max }) => {
    const led = best.get(leader) ?? 0;
    const least = leader === '' ? opening : price + inc(price);
    if (who === leader ? max <= led : max < least) return 'no';
    if (who !== leader) price = leader === '' ? opening : contested(led, max);
    if (max > led) leader = who;
    best.set(who, Math.max(max, best.get(who) ?? 0));
    const top = best.get(leader) ?? 0;
    price = top < reserve ? top : Math.max(price, reserve);
    return `${leader} ${price}`;
  });
  return { answers, leader, price, sold: leader !== '' && (best.get(leader) ?? 0) >= reserve };
}

const offers = fc.array(
  fc.record({ who: fc.constantFrom('ann', 'bob', 'cid', 'dan'), max: fc.integer({ min: 1, max: 3_000 }) }),
  { maxLength: 30 },
);
const reserves = fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: 0 });

test('any bids lead to what the model says', () => {
  fc.assert(
    fc.property(offers, fc.integer({ min: 1, max: 600 }), reserves, (all, opening, reserve) => {
      const expected = model(all, opening, reserve);
      const auction = bidding({
        openingBid: BigInt(opening),
        ...(reserve === 0 ? {} : { reserve: BigInt(reserve) }),
      });
      const answers = all.map(({ who, max }, at) => {
        const event = auction.bid(who, BigInt(max), `b${at}`);
        return event?.type === 'BidAccepted' ? `${event.data.leader} ${event.data.price}` : 'no';
      });
      assert.deepEqual(answers, expected.answers);
      const end = auction.close();
      if (!expected.sold) return assert.equal(end?.type, 'LotPassed');
      assert.ok(end?.type === 'LotSold');
      assert.deepEqual([end.data.winner, end.data.hammer], [expected.leader, BigInt(expected.price)]);
    }),
    runs,
  );
});

test('a price never falls, never passes the leader’s maximum, and a loser’s claim is ended once', () => {
  fc.assert(
    fc.property(offers, reserves, (all, reserve) => {
      const auction = bidding({ ...terms, ...(reserve === 0 ? {} : { reserve: BigInt(reserve) }) });
      const open = new Map<string, bigint>();
      let price = 0n;
      for (const [at, { who, max }] of all.entries()) {
        const event = auction.bid(who, BigInt(max), `b${at}`);
        if (event?.type !== 'BidAccepted') continue;
        const { bidId, bidder, leader, maximum, displaced } = event.data;
        open.set(bidId, maximum);
        if (leader !== bidder) assert.equal(open.delete(bidId), true);
        if (displaced !== undefined) assert.equal(open.delete(displaced.bidId), true);
        assert.equal(open.size, 1, 'who leads, and nobody else, still has a claim');
        assert.ok(event.data.price >= price, 'the price rises');
        price = event.data.price;
        assert.ok(price <= ([...open.values()][0] ?? 0n), 'nobody pays more than their maximum');
      }
    }),
    runs,
  );
});

test('a bid decided again changes nothing, whenever it comes again', () => {
  fc.assert(
    fc.property(offers, fc.nat(), (all, seed) => {
      const auction = bidding();
      for (const [at, { who, max }] of all.entries()) auction.bid(who, BigInt(max), `b${at}`);
      const before = auction.events.length;
      const again = all[seed % Math.max(1, all.length)];
      if (again !== undefined) auction.bid(again.who, BigInt(again.max) * 2n, `b${all.indexOf(again)}`);
      assert.equal(auction.events.length, before);
    }),
    runs,
  );
});
