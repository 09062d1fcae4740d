import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AcceptBid,
  BidAccepted,
  BidPassedOver,
  BidRefused,
  FundedTooLate,
  MaximumNotRaised,
} from '#domain/auctions/auction/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { money } from '#domain/kernel/money.ts';
import { bidding, terms } from '#test/support/auctions.ts';
import { NOW, system } from '#test/support/given.ts';
import {
  acceptAnn,
  acceptBob,
  acceptedAnn,
  closing,
  given,
  id,
  open,
  opened,
  refusedBy,
  scheduled,
} from './open-auction.ts';

// History ⇒ decision = events, one line each; the second line is the repeat, which yields nothing.

test('a bid that is enough stands', () => {
  assert.deepEqual(given(open).when('AcceptBid', acceptAnn), [acceptedAnn]);
  assert.deepEqual(given([...open, acceptedAnn]).when('AcceptBid', acceptAnn), []);
});

test('a higher maximum leads a step above the one it displaces', () => {
  const acceptedBob = BidAccepted({
    ...id,
    ...{ bidId: 'b2', bidder: 'bob', currency: 'USD', maximum: 20_00n },
    ...{ leader: 'bob', price: 10_50n, smallestBid: 11_00n },
    displaced: { bidder: 'ann', bidId: 'b1' },
  });
  assert.deepEqual(given([...open, acceptedAnn]).when('AcceptBid', acceptBob), [acceptedBob]);
  assert.deepEqual(given([...open, acceptedAnn, acceptedBob]).when('AcceptBid', acceptBob), []);
});

test('a lower maximum stands and does not lead; nobody is displaced', () => {
  const lower = { ...acceptBob, maximum: 5_00n };
  const accepted = BidAccepted({
    ...id,
    ...{ bidId: 'b2', bidder: 'bob', currency: 'USD', maximum: 5_00n },
    ...{ leader: 'ann', price: 5_50n, smallestBid: 6_00n, offered: 5_00n },
  });
  assert.deepEqual(given([...open, acceptedAnn]).when('AcceptBid', lower), [accepted]);
  assert.deepEqual(given([...open, acceptedAnn, accepted]).when('AcceptBid', lower), []);
});

test('a leader’s raise displaces their own smaller bid and nothing else', () => {
  const raise = { ...acceptAnn, bidId: 'b3', maximum: 30_00n };
  const raised = BidAccepted({
    ...id,
    ...{ bidId: 'b3', bidder: 'ann', currency: 'USD', maximum: 30_00n },
    ...{ leader: 'ann', price: 1_00n, smallestBid: 1_25n },
    displaced: { bidder: 'ann', bidId: 'b1' },
  });
  assert.deepEqual(given([...open, acceptedAnn]).when('AcceptBid', raise), [raised]);
  assert.deepEqual(given([...open, acceptedAnn, raised]).when('AcceptBid', raise), []);
});

test('a bid below the smallest is refused with what is enough', () => {
  const low = { ...acceptBob, maximum: 1_24n };
  const refused = BidRefused({
    ...{ ...id, bidId: 'b2', bidder: 'bob', currency: 'USD' },
    reason: {
      code: 'bid_too_low',
      message: 'The bid is below the smallest valid bid, 1.25 USD.',
      details: {
        price: { amount: '100', currency: 'USD' },
        smallestBid: { amount: '125', currency: 'USD' },
      },
    },
  });
  assert.deepEqual(given([...open, acceptedAnn]).when('AcceptBid', low), [refused]);
  assert.deepEqual(given([...open, acceptedAnn, refused]).when('AcceptBid', low), []);
});

test('a bid that was not waited for is passed over, and refused for that when it comes', () => {
  const passOver = { ...id, bidId: 'b1', bidder: 'ann' };
  const passedOver = BidPassedOver(passOver);
  assert.deepEqual(given(open).when('PassOverBid', passOver), [passedOver]);
  assert.deepEqual(given([...open, passedOver]).when('PassOverBid', passOver), []);
  const refused = refusedBy('b1', 'ann', FundedTooLate({}));
  assert.deepEqual(given([...open, passedOver]).when('AcceptBid', acceptAnn), [refused]);
  assert.deepEqual(given([...open, passedOver, closing]).when('AcceptBid', acceptAnn), [refused]);
  assert.deepEqual(given([...open, passedOver, refused]).when('AcceptBid', acceptAnn), []);
  const another = { ...acceptAnn, bidId: 'b3' };
  const accepted = BidAccepted({ ...acceptedAnn.data, bidId: 'b3' });
  assert.deepEqual(given([...open, passedOver]).when('AcceptBid', another), [accepted], 'their next is not');
});

test('nothing that is decided is passed over, and nothing without an auction', () => {
  const passOver = { ...id, bidId: 'b1', bidder: 'ann' };
  const refused = refusedBy('b1', 'ann', FundedTooLate({}));
  assert.deepEqual(given([...open, acceptedAnn]).when('PassOverBid', passOver), []);
  assert.deepEqual(given([...open, refused]).when('PassOverBid', passOver), []);
  assert.deepEqual(given([]).when('PassOverBid', passOver), []);
});

const refusals: readonly (readonly [string, Partial<typeof acceptAnn>, string])[] = [
  ['a raise that is none', { bidId: 'b9', maximum: 10_00n }, 'maximum_not_raised'],
  ['the seller’s bid', { bidId: 'b9', bidder: 'sam', maximum: 50_00n }, 'own_lot'],
  ['a bid beyond all measure', { bidId: 'b9', bidder: 'bob', maximum: 10n ** 15n + 1n }, 'bid_too_high'],
];
for (const [what, bid, code] of refusals) {
  test(`${what} is refused`, () => {
    const decided = given([...open, acceptedAnn]).when('AcceptBid', { ...acceptAnn, ...bid });
    const [refused] = decided as readonly ReturnType<typeof BidRefused>[];
    assert.equal(refused?.type, 'BidRefused');
    assert.equal(refused.data.reason.code, code);
    assert.deepEqual(given([...open, refused]).when('AcceptBid', { ...acceptAnn, ...bid }), []);
  });
}

test('at the end a bid counts exactly if it was placed before LotClosing', () => {
  const history = [...open, closing]; // LotClosing stands at 30
  const late = refusedBy('b1', 'ann', { rejected: true, ...codeOf('auction_closed') });
  assert.deepEqual(given(history).when('AcceptBid', { ...acceptAnn, placedAt: '29' }), [acceptedAnn]);
  assert.deepEqual(given(history).when('AcceptBid', { ...acceptAnn, placedAt: '31' }), [late]);
  assert.deepEqual(given([...history, acceptedAnn]).when('AcceptBid', { ...acceptAnn, placedAt: '29' }), []);
});

test('a bid counts exactly if it was placed before the moment at which the lot ends, whatever its timer has done', () => {
  const inTime = { ...acceptAnn, moment: later(terms.endsAt, -1) };
  const late = { ...acceptAnn, moment: terms.endsAt };
  const refused = refusedBy('b1', 'ann', { rejected: true, ...codeOf('auction_closed') });
  for (const history of [open, [...open, closing]]) {
    // Decided an hour later, as after an outage: the moment of placing counts.
    const facts = { now: later(terms.endsAt, 3_600_000) };
    assert.deepEqual(given(history).when('AcceptBid', inTime, facts), [acceptedAnn]);
    assert.deepEqual(given(history).when('AcceptBid', late, facts), [refused]);
    assert.deepEqual(given([...history, refused]).when('AcceptBid', late, facts), []);
  }
  const behind = { ...inTime, placedAt: '31' };
  assert.deepEqual(given([...open, closing]).when('AcceptBid', behind), [refused], 'the place decides too');
});

/** A rejection without details, by its code. */
function codeOf(code: string) {
  const declared = AcceptBid.rejections.find((each) => each.code === code);
  assert.ok(declared);
  return { code, message: declared.message, details: {} };
}

test('positions are compared as numbers beyond 2^53', () => {
  const history = [
    [scheduled, 1n],
    [opened, 2n],
    [closing, 9_007_199_254_740_993n],
  ] as const;
  const state = history.reduce(
    (before, [event, position]) => auction.evolve(before, event, { position, occurredAt: NOW, actor: 'sam' }),
    auction.initial,
  );
  const facts = { now: terms.endsAt, actor: system, id: 'id1', precondition: undefined };
  const judged = (placedAt: string) => {
    const decided = auction.decide.AcceptBid({ ...acceptAnn, placedAt }, state, facts);
    return Array.isArray(decided) ? decided[0]?.type : undefined;
  };
  assert.equal(judged('9007199254740992'), 'BidAccepted');
  assert.equal(judged('9007199254740993'), 'BidRefused');
  assert.equal(judged('10000000000000000'), 'BidRefused');
});

test('a numbered bid is decided once, and one of before it that comes later still is', () => {
  const numbered = (nth: number, maximum: bigint) => ({ ...acceptAnn, bidId: `n${nth}`, nth, maximum });
  const second = BidAccepted({ ...acceptedAnn.data, bidId: 'n2', nth: 2, maximum: 20_00n });
  const first = refusedBy('n1', 'ann', MaximumNotRaised({ price: money(1_00n, 'USD') }));
  const late = BidRefused({ ...first.data, nth: 1 });
  assert.deepEqual(given(open).when('AcceptBid', numbered(2, 20_00n)), [second]);
  assert.deepEqual(given([...open, second]).when('AcceptBid', numbered(2, 20_00n)), []);
  assert.deepEqual(given([...open, second]).when('AcceptBid', numbered(1, 10_00n)), [late]);
  assert.deepEqual(given([...open, second, late]).when('AcceptBid', numbered(1, 10_00n)), []);
});

test('a bid is known again among hundreds', () => {
  const auctionOf = bidding();
  for (let n = 1; n <= 250; n++) auctionOf.bid(`p${n % 7}`, BigInt(n) * 100_00n, `bid-${n}`);
  const before = auctionOf.events.length;
  for (const n of [1, 99, 100, 101, 200, 250]) auctionOf.bid('late', 10n ** 12n, `bid-${n}`);
  assert.equal(auctionOf.events.length, before);
});
