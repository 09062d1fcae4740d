import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auctions } from '#compose/contexts/auctions.ts';
import {
  AuctionCancelled,
  AuctionOpened,
  AuctionRefused,
  AuctionScheduled,
  BidAccepted,
  LotClosing,
  LotPassed,
  LotSold,
} from '#domain/auctions/auction/messages.ts';
import { LotConsigned, LotOffered, LotReturned } from '#domain/auctions/lot/messages.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import { isMarked, type NewEvent } from '#domain/kernel/message.ts';
import { type Money, money } from '#domain/kernel/money.ts';
import { auctionsView } from '#projections/auctions/auctions.ts';
import { bidsView } from '#projections/auctions/bids.ts';
import { lotsView } from '#projections/auctions/lots.ts';
import type { View } from '#projections/view.ts';
import { terms } from '#test/support/auctions.ts';
import { documentsOf, NOW } from '#test/support/given.ts';

const fold = (view: View, history: readonly NewEvent[]) => documentsOf(view, history, 'auction-a1');

const id = { auctionId: 'a1' };
const reserved = { ...terms, reserve: 77_77n };
const open = [AuctionScheduled(reserved), AuctionOpened(reserved)];
const placed = (bidId: string, bidder: string, maximum: bigint) =>
  BidPlaced({ ...id, bidId, bidder, currency: 'USD', maximum, hold: maximum });
const accepted = (bidId: string, bidder: string, maximum: bigint, rest: object = {}) =>
  BidAccepted({
    ...{ ...id, bidId, bidder, currency: 'USD', maximum, leader: bidder, price: 50_00n, smallestBid: 51_00n },
    reserveMet: false,
    ...rest,
  });
const sold = LotSold({
  ...{ ...id, lotId: 'l1', seller: 'sam', winner: 'bob', winningBidId: 'b2', currency: 'USD' },
  ...{ hammer: 80_00n, premium: 0n, commission: 0n, settlement: 'm1' },
});

test('the public state follows the auction, and neither maximum nor reserve is ever in it', () => {
  const history = [...open, accepted('b1', 'ann', 66_66n), sold];
  for (let length = 1; length <= history.length; length++) {
    const text = JSON.stringify(
      fold(auctionsView, history.slice(0, length)).get('a1'),
      (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    );
    assert.doesNotMatch(text, /7777|6666|reserve"|commission|maximum|staff/);
  }
  const auction = fold(auctionsView, history).get('a1');
  assert.equal(auction?.phase, 'sold');
  assert.equal(auction.bids, 1);
  assert.deepEqual(auction.price, money(50_00n, 'USD'));
  assert.deepEqual(auction.hammer, money(80_00n, 'USD'));
});

test('the smallest bid is shown as long as somebody may bid', () => {
  const bid = accepted('b1', 'ann', 66_66n);
  const ends = [sold, AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: 'A forgery.' })];
  const smallest = (history: readonly NewEvent[]) => fold(auctionsView, history).get('a1')?.smallestBid;
  assert.deepEqual(smallest([...open, bid]), money(51_00n, 'USD'));
  for (const end of [LotClosing(id), ...ends])
    assert.equal(smallest([...open, bid, end]), undefined, end.type);
  // A bid that was placed before the end may be decided behind it.
  assert.equal(smallest([...open, LotClosing(id), bid]), undefined);
});

test('a bid that won shows the hammer', () => {
  const history = [placed('b1', 'ann', 90_00n), accepted('b1', 'ann', 90_00n)];
  assert.deepEqual(fold(bidsView, history).get('b1')?.price, money(50_00n, 'USD'));
  const won = LotSold({ ...sold.data, winner: 'ann', winningBidId: 'b1' });
  assert.deepEqual(fold(bidsView, [...history, won]).get('b1')?.price, money(80_00n, 'USD'));
});

test('an auction that was called off says why, and nobody leads', () => {
  const leading = { bidder: 'ann', bidId: 'b1' };
  const cancelled = AuctionCancelled({ ...id, lotId: 'l1', currency: 'USD', cause: 'A forgery.', leading });
  const auction = fold(auctionsView, [...open, accepted('b1', 'ann', 66_66n), cancelled]).get('a1');
  assert.deepEqual(
    [auction?.phase, auction?.cancelledFor, auction?.leader],
    ['cancelled', 'A forgery.', undefined],
  );
});

test('a bid is followed to its end', () => {
  const status = (history: readonly NewEvent[]) =>
    Object.fromEntries([...fold(bidsView, history)].map(([bidId, bid]) => [bidId, bid.status]));
  const ann = [placed('b1', 'ann', 60_00n), accepted('b1', 'ann', 60_00n)];
  const outbid = accepted('b2', 'bob', 90_00n, { displaced: { bidder: 'ann', bidId: 'b1' } });
  const raised = accepted('b3', 'ann', 70_00n, { displaced: { bidder: 'ann', bidId: 'b1' } });
  assert.deepEqual(status([placed('b1', 'ann', 60_00n)]), { b1: 'placed' });
  assert.deepEqual(status(ann), { b1: 'leading' });
  assert.deepEqual(status([...ann, placed('b2', 'bob', 90_00n), outbid]), { b1: 'outbid', b2: 'leading' });
  assert.deepEqual(status([...ann, placed('b2', 'bob', 90_00n), outbid, sold]), { b1: 'outbid', b2: 'won' });
  assert.deepEqual(status([...ann, placed('b3', 'ann', 70_00n), raised]), {
    b1: 'superseded',
    b3: 'leading',
  });
  const passed = LotPassed({
    ...{ ...id, lotId: 'l1', cause: 'reserve_not_met', currency: 'USD' },
    leading: { bidder: 'ann', bidId: 'b1' },
  });
  assert.deepEqual(status([...ann, passed]), { b1: 'unsold' });
});

test('whether a reserve is met is said of lots that have one, and of others nothing', () => {
  const met = (reserve: object) => {
    const given = { ...terms, ...reserve };
    const bid = accepted('b1', 'ann', 60_00n, { reserveMet: true });
    const seen = (...history: readonly NewEvent[]) => fold(auctionsView, history).get('a1')?.reserveMet;
    const begun = [AuctionScheduled(given), AuctionOpened(given)];
    return [seen(...begun), seen(...begun, bid)];
  };
  assert.deepEqual(met({ reserve: 50_00n }), [false, true]);
  assert.deepEqual(met({}), [undefined, undefined]);
});

test('an auction says when it did open', () => {
  const opened = (history: readonly NewEvent[]) => fold(auctionsView, history).get('a1')?.openedAt;
  assert.equal(opened(open.slice(0, 1)), undefined);
  assert.equal(opened(open), NOW);
});

test('a bid never shows more than was offered, and what the house bid for the leader is a row of its own', () => {
  const lost = accepted('b2', 'bob', 48_00n, { leader: 'ann', offered: 48_00n });
  const rows = fold(bidsView, [
    ...[placed('b1', 'ann', 60_00n), accepted('b1', 'ann', 60_00n), placed('b2', 'bob', 48_00n), lost],
  ]);
  const shown = [...rows].map(([id, { bidder, status, price }]) => [
    id,
    bidder,
    status,
    (price as Money | undefined)?.amount,
  ]);
  assert.deepEqual(shown, [
    ['b1', 'ann', 'leading', 50_00n],
    ['b2', 'bob', 'outbid', 48_00n],
    ['b2.automatic', 'ann', 'automatic', 50_00n],
  ]);
  assert.equal(rows.get('b2.automatic')?.maximum, undefined);
  const before = accepted('b2', 'bob', 48_00n, { leader: 'ann' });
  const unknown = fold(bidsView, [
    ...[placed('b1', 'ann', 60_00n), accepted('b1', 'ann', 60_00n)],
    placed('b2', 'bob', 48_00n),
    before,
  ]);
  assert.equal(unknown.get('b2')?.price, undefined, 'it was not kept then');
});

test('a lot never names the auction of another, into which it was not let', () => {
  const { lotId, title, description, categories, pictures, currency, openingBid } = terms;
  const consigned = LotConsigned({
    ...{ lotId, title, description, categories, pictures, currency, openingBid, consignor: 'sam' },
    ...{ estimateLow: openingBid, estimateHigh: openingBid },
  });
  const offered = [consigned, LotOffered(terms)];
  const auctionOf = (...more: readonly NewEvent[]) =>
    fold(lotsView, [...offered, ...more]).get(lotId)?.auctionId;
  const { auctionId } = terms;
  const back = LotReturned({ lotId, auctionId });
  const reason = { code: 'auction_exists', message: 'It is there.', details: {} };
  assert.equal(auctionOf(), auctionId);
  assert.equal(auctionOf(back), auctionId, 'in which it was last');
  assert.equal(auctionOf(AuctionRefused({ auctionId, lotId, reason }), back), undefined);
});

test('an event that goes on from nothing parks its key', () => {
  assert.throws(() => fold(auctionsView, [accepted('b1', 'ann', 1n)]), /goes on from nothing/);
});

test('what is secret is marked', () => {
  const marked = (view: View) =>
    Object.keys(view.schema.shape).filter((field) => isMarked(view.schema.shape[field] as never, 'secret'));
  assert.deepEqual(Object.fromEntries(auctions.views.map((view) => [view.name, marked(view)])), {
    auctions: [],
    bids: ['maximum', 'reason'],
    sales: [],
    lots: ['reserve'],
    settlements: [],
  });
});
