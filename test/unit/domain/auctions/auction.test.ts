import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AcceptBid,
  AuctionBarred,
  AuctionCancelled,
  AuctionNotOpen,
  AuctionOpened,
  AuctionOver,
  AuctionRefused,
  AuctionScheduled,
  AuctionUnknown,
  BidAccepted,
  BidPassedOver,
  BidRefused,
  FundedTooLate,
  LotClosing,
  LotPassed,
  LotSettled,
  LotSold,
  MaximumNotRaised,
  NotYourAuction,
  OwnLot,
  RegisterAuction,
  SettlementStopped,
} from '#domain/auctions/auction/messages.ts';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
import { AuctionExists, HasBid, SaleNotOpen } from '#domain/auctions/sale/messages.ts';
import { derivedId } from '#domain/kernel/canonical.ts';
import { NotYet } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { money } from '#domain/kernel/money.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { unsettledBy } from '#runtime/chain.ts';
import { bidding, terms } from '#test/support/auctions.ts';
import { ann, clara, deciding, NOW, otto, person, sam, system } from '#test/support/given.ts';

// History ⇒ decision = events, one line each; the second line is the repeat, which yields nothing.

const given = deciding(auction);
const unread = { inspector: nothingRead, hasBid: false };
const id = { auctionId: 'a1' };
const scheduled = AuctionScheduled(terms);
const opened = AuctionOpened(terms);
const open = [scheduled, opened]; // at positions 10 and 20
const closing = LotClosing(id);

const acceptedAnn = BidAccepted({
  ...id,
  ...{ bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 10_00n },
  ...{ leader: 'ann', price: 1_00n, smallestBid: 1_25n },
});
const acceptAnn = { ...id, bidId: 'b1', bidder: 'ann', maximum: 10_00n, placedAt: '21' };
const acceptBob = { ...id, bidId: 'b2', bidder: 'bob', maximum: 20_00n, placedAt: '22' };
const refusedBy = (bidId: string, bidder: string, why: Parameters<typeof recordedReason>[1]) =>
  BidRefused({ ...id, bidId, bidder, currency: 'USD', reason: recordedReason(AcceptBid.rejections, why) });

test('an auction takes in the lot it is offered', () => {
  assert.deepEqual(given([]).when('RegisterAuction', terms), [scheduled]);
  assert.deepEqual(given([scheduled]).when('RegisterAuction', terms), []);
});

test('an id that another lot’s auction has is refused, and recorded for whoever offered the lot', () => {
  const reason = recordedReason(RegisterAuction.rejections, AuctionExists({}));
  const refused = AuctionRefused({ ...id, lotId: 'l2', reason });
  assert.deepEqual(given([scheduled]).when('RegisterAuction', { ...terms, lotId: 'l2' }), [refused]);
  assert.deepEqual(given([scheduled, refused]).when('RegisterAuction', terms), []);
});

test('it opens at its time, or earlier by its seller and the house', () => {
  const byTimer = { actor: system, now: terms.opensAt };
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, byTimer), [opened]);
  assert.deepEqual(given(open).when('OpenAuction', id, byTimer), []);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: sam }), [opened]);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: clara }), [opened]);
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, { actor: ann }), NotYourAuction({}));
  assert.deepEqual(given([]).when('OpenAuction', id), AuctionUnknown({}));
});

test('a timer that comes before the time by the clock of who decides opens and closes nothing, and is no answer', () => {
  const [opening, ending] = [later(terms.opensAt, -1), later(terms.endsAt, -1)];
  assert.deepEqual(
    given([scheduled]).when('OpenAuction', id, { now: opening }),
    NotYet({ due: terms.opensAt, now: opening }),
  );
  assert.deepEqual(
    given(open).when('CloseLot', id, { now: ending }),
    NotYet({ due: terms.endsAt, now: ending }),
  );
  const rejection = NotYet({ due: terms.endsAt, now: ending });
  const reply = { outcome: 'rejected', commandId: 'c1', rejection, position: undefined, events: [] } as const;
  assert.equal(unsettledBy(reply), 'not_yet');
});

test('what could not open in its time is never opened: the lot passes, and nobody opens it by hand', () => {
  const late = { now: terms.endsAt };
  const passed = LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'never_opened' });
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, late), [passed]);
  assert.deepEqual(
    given([scheduled]).when('OpenAuction', id, { ...late, actor: sam }),
    AuctionOver({ phase: 'scheduled' }),
  );
  const over = AuctionOver({ phase: 'passed' });
  assert.deepEqual(given([scheduled, passed]).when('OpenAuction', id, late), over);
  const lastMoment = { now: later(terms.endsAt, -1) };
  assert.deepEqual(given([scheduled]).when('OpenAuction', id, lastMoment), [opened]);
});

test('whoever of the house opens it is among those who may not bid in it', () => {
  const bid = { ...acceptAnn, bidder: 'otto' };
  const answered = (opener: string, staff: readonly string[] = []) => {
    const events = [AuctionScheduled({ ...terms, staff: [...staff] }), opened];
    const at = { position: 1n, occurredAt: NOW, actor: opener };
    const state = events.reduce((so, event) => auction.evolve(so, event, at), auction.initial);
    const [answer] = auction.decide.AcceptBid(bid, state, {
      ...{ now: NOW, actor: system, id: 'id1', precondition: undefined },
    }) as readonly ReturnType<typeof BidRefused>[];
    return answer;
  };
  const refused = refusedBy('b1', 'otto', OwnLot({}));
  assert.deepEqual(answered('otto'), refused);
  assert.equal(answered('clara')?.type, 'BidAccepted');
});

test('those whom the terms of the first auctions name may not bid in them', () => {
  const known = { ...terms, staff: ['otto'] };
  const history = [AuctionScheduled(known), AuctionOpened(known)];
  assert.deepEqual(given(history).when('AcceptBid', { ...acceptAnn, bidder: 'otto' }), [
    refusedBy('b1', 'otto', OwnLot({})),
  ]);
});

const saleOf = { lotId: 'l1', saleId: 's1' };
const callOff = { ...id, ...saleOf, cause: 'No room.' };

test('an auction is cancelled with its sale until its hammer has fallen, and no other sale’s is', () => {
  const cancelled = (leading: object) =>
    AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: 'No room.', ...leading });
  const leading = { leading: { bidder: 'ann', bidId: 'b1' } };
  assert.deepEqual(given([scheduled]).when('CallOffAuction', callOff), [cancelled({})]);
  for (const standing of [[], [closing]])
    assert.deepEqual(given([...open, acceptedAnn, ...standing]).when('CallOffAuction', callOff), [
      cancelled(leading),
    ]);
  assert.deepEqual(given([scheduled, cancelled({})]).when('CallOffAuction', callOff), []);
  const passed = LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'no_bids' });
  assert.deepEqual(given([...open, closing, passed]).when('CallOffAuction', callOff), []);
  for (const other of [{ saleId: 's2' }, { lotId: 'l2' }])
    assert.deepEqual(given(open).when('CallOffAuction', { ...callOff, ...other }), []);
});

test('an auction that is called off before it is scheduled never is, and its id serves another lot', () => {
  const barred = AuctionBarred({ ...id, ...saleOf });
  assert.deepEqual(given([]).when('CallOffAuction', callOff), [barred]);
  assert.deepEqual(given([barred]).when('CallOffAuction', callOff), []);
  const reason = recordedReason(RegisterAuction.rejections, SaleNotOpen({ phase: 'cancelled' }));
  assert.deepEqual(given([barred]).when('RegisterAuction', terms), [
    AuctionRefused({ ...id, lotId: 'l1', reason }),
  ]);
  const other = { ...terms, lotId: 'l2' };
  assert.deepEqual(given([barred]).when('RegisterAuction', other), [AuctionScheduled(other)]);
  assert.deepEqual(given([barred, AuctionScheduled(other)]).when('CallOffAuction', callOff), []);
});

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

test('it closes once, and only if it is open', () => {
  assert.deepEqual(given(open).when('CloseLot', id, { now: terms.endsAt }), [closing]);
  assert.deepEqual(given([...open, closing]).when('CloseLot', id, { now: terms.endsAt }), []);
  assert.deepEqual(given([scheduled]).when('CloseLot', id), []);
});

const fees = {
  premium: [{ upTo: 100_00n, rateBasisPoints: 2_000 }, { rateBasisPoints: 1_000 }],
  commission: [{ rateBasisPoints: 1_500 }],
};
const openWithFees = [AuctionScheduled({ ...terms, ...fees }), AuctionOpened({ ...terms, ...fees })];
const sold = LotSold({
  ...{ ...id, lotId: 'l1', seller: 'sam', winner: 'ann', winningBidId: 'b1', currency: 'USD' },
  ...{ hammer: 1_00n, premium: 20n, commission: 15n, settlement: derivedId('settlement', 'a1') },
});

test('the hammer sells to who leads, with the fees that were frozen', () => {
  const history = [...openWithFees, acceptedAnn, closing];
  assert.deepEqual(given(history).when('DropHammer', id), [sold]);
  assert.deepEqual(given([...history, sold]).when('DropHammer', id), []);
  assert.deepEqual(given([...openWithFees, acceptedAnn]).when('DropHammer', id), []);
});

test('the hammer sells nothing of a sale that does not take place', () => {
  const history = [...openWithFees, acceptedAnn, closing];
  const precondition = 'The house is flooded.';
  const ofNothing = AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: precondition });
  const led = AuctionCancelled({ ...ofNothing.data, leading: { bidder: 'ann', bidId: 'b1' } });
  assert.deepEqual(given(history).when('DropHammer', id, { precondition }), [led]);
  assert.deepEqual(given([...open, closing]).when('DropHammer', id, { precondition }), [ofNothing]);
  assert.deepEqual(given([...history, led]).when('DropHammer', id, { precondition }), []);
  assert.deepEqual(given([...history, sold]).when('DropHammer', id, { precondition }), []);
});

test('without a bid, or below the reserve, the lot passes', () => {
  const passed = { ...id, lotId: 'l1', currency: 'USD' };
  const noBids = LotPassed({ ...passed, cause: 'no_bids' });
  assert.deepEqual(given([...open, closing]).when('DropHammer', id), [noBids]);
  assert.deepEqual(given([...open, closing, noBids]).when('DropHammer', id), []);
  const reserved = { ...terms, reserve: 10_01n };
  const below = [AuctionScheduled(reserved), AuctionOpened(reserved), acceptedAnn, closing];
  const notMet = LotPassed({
    ...passed,
    cause: 'reserve_not_met',
    leading: { bidder: 'ann', bidId: 'b1' },
  });
  assert.deepEqual(given(below).when('DropHammer', id), [notMet]);
});

test('the auctioneer calls it off until the hammer falls', () => {
  const cancel = { ...id, cause: 'A forgery.' };
  const cancelled = AuctionCancelled({ ...cancel, lotId: 'l1', currency: 'USD' });
  assert.deepEqual(given([scheduled]).when('CancelAuction', cancel, { actor: otto, precondition: unread }), [
    cancelled,
  ]);
  assert.deepEqual(
    given([scheduled, cancelled]).when('CancelAuction', cancel, { actor: otto, precondition: unread }),
    [],
  );
  const led = AuctionCancelled({ ...cancelled.data, leading: { bidder: 'ann', bidId: 'b1' } });
  assert.deepEqual(
    given([...open, acceptedAnn]).when('CancelAuction', cancel, { actor: otto, precondition: unread }),
    [led],
  );
  assert.deepEqual(
    given([...openWithFees, acceptedAnn, closing, sold]).when('CancelAuction', cancel, {
      actor: otto,
      precondition: unread,
    }),
    AuctionOver({ phase: 'sold' }),
  );
  assert.deepEqual(given([]).when('CancelAuction', cancel, { precondition: unread }), AuctionUnknown({}));
  const byBidder = { actor: otto, precondition: { ...unread, hasBid: true } };
  assert.deepEqual(given(open).when('CancelAuction', cancel, byBidder), HasBid({}));
  assert.deepEqual(given([...open, cancelled]).when('CancelAuction', cancel, byBidder), []);
  const why = AuctionNotOpen({ phase: 'cancelled', cause: 'A forgery.' });
  assert.equal(why.message, 'The auction was called off: A forgery.');
  const late = refusedBy('b1', 'ann', why);
  assert.deepEqual(given([...open, cancelled]).when('AcceptBid', acceptAnn), [late]);
});

test('nobody calls the auction of their own lot off, with whatever token: before a bid or after', () => {
  const cancel = { ...id, cause: 'Too cheap.' };
  for (const roles of [['auctioneer'], ['seller', 'auctioneer']] as const)
    for (const history of [[scheduled], open, [...open, acceptedAnn], [...open, acceptedAnn, closing]])
      assert.deepEqual(
        given(history).when('CancelAuction', cancel, { actor: person('sam', roles), precondition: unread }),
        OwnAffair({}),
      );
});

test('a sale is settled once, with what it moved', () => {
  const history = [...openWithFees, acceptedAnn, closing, sold];
  const settled = LotSettled({
    ...{ ...id, currency: 'USD', paid: 1_20n, proceeds: 85n, fees: 35n, paidTo: 'seller' },
  });
  assert.deepEqual(given(history).when('SettleLot', { ...id, paidTo: 'seller' }), [settled]);
  assert.deepEqual(given([...history, settled]).when('SettleLot', { ...id, paidTo: 'seller' }), []);
  assert.deepEqual(given(open).when('SettleLot', { ...id, paidTo: 'seller' }), []);
});

test('a settlement that cannot go on says so once, and may still be settled', () => {
  const history = [...openWithFees, acceptedAnn, closing, sold];
  const data = { ...id, at: 'capture', reason: { code: 'hold_unknown', message: 'Nothing.', details: {} } };
  const stopped = SettlementStopped(data);
  assert.deepEqual(given(history).when('StopSettlement', data), [stopped]);
  assert.deepEqual(given([...history, stopped]).when('StopSettlement', data), []);
  const after = given([...history, stopped]).when('SettleLot', { ...id, paidTo: 'unclaimed' });
  assert.equal((after as readonly { type: string }[])[0]?.type, 'LotSettled');
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
