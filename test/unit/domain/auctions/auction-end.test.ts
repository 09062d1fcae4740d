import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuctionCancelled,
  AuctionNotOpen,
  AuctionOpened,
  AuctionOver,
  AuctionScheduled,
  AuctionUnknown,
  LotPassed,
  LotSettled,
  LotSold,
  SettlementStopped,
} from '#domain/auctions/auction/messages.ts';
import { HasBid } from '#domain/auctions/sale/messages.ts';
import { derivedId } from '#domain/kernel/canonical.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { terms } from '#test/support/auctions.ts';
import { otto, person } from '#test/support/given.ts';
import {
  acceptAnn,
  acceptedAnn,
  closing,
  given,
  id,
  open,
  refusedBy,
  scheduled,
  unread,
} from './open-auction.ts';

// History ⇒ decision = events, one line each; the second line is the repeat, which yields nothing.

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
