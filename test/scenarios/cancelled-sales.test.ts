import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CancelAuction } from '#domain/auctions/auction/messages.ts';
import { ScheduleAuction, WithdrawLot } from '#domain/auctions/lot/messages.ts';
import { JoinAuction, PlaceBid } from '#domain/auctions/participant/messages.ts';
import { AUCTIONS_PER_APPEND, CancelSale, CloseSale } from '#domain/auctions/sale/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { person } from '#test/support/given.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  opensAt,
  otto,
  refusedWith,
  type Saleroom,
  sam,
  textIn,
  usd,
} from '#test/support/saleroom.ts';

const cancelSale = CancelSale({ saleId: 's1', cause: 'The house is flooded.' });
/** As many as the platform takes in at once. */
const AT_ONCE = 10;
const whole = { available: '10000', held: '0' };

/** The auction was called off for the sale's cause, everybody has their money and Sam his lot. */
async function calledOff(room: Saleroom, bids: readonly string[]): Promise<void> {
  const { deployment } = room;
  const last = (await deployment.history('auction-a1')).findLast(({ type }) => type === 'AuctionCancelled');
  assert.equal(textIn(last?.data, 'cause'), 'The house is flooded.');
  assert.deepEqual(await room.balance(ann), whole);
  assert.deepEqual(await room.balance(bob), whole);
  assert.equal(textIn(await deployment.see('auctions', 'a1'), 'phase'), 'cancelled');
  assert.equal(textIn(await deployment.see('sales', 's1'), 'phase'), 'cancelled');
  for (const bidId of bids) assert.equal(textIn(await deployment.see('bids', bidId), 'status'), 'cancelled');
  assert.equal((await deployment.types('lot-l1')).at(-1), 'LotReturned');
  const { held } = await room.audited();
  assert.deepEqual(held, {});
}

test('a sale that is cancelled cancels its auctions: nothing is sold, and everybody has their money', async (t) => {
  const room = await givenOpenAuction(t);
  const { events } = await room.bid(ann, 20_00n);
  await room.deployment.done(cancelSale, otto);
  await room.deployment.settle();
  await calledOff(room, [textIn(events[0]?.data, 'bidId')]);
  assert.equal(refusedWith(await room.bid(bob, 30_00n)), 'auction_not_open');
  await room.deployment.advanceTo(endsAt);
  assert.equal((await room.deployment.types('auction-a1')).includes('LotSold'), false);
  await room.deployment.done(WithdrawLot({ lotId: 'l1', cause: 'Kept after all.' }), sam);
});

test('a sale that was cancelled before the end of a lot is kept to, though the platform was down over that end', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  const sent = room.deployment.done(cancelSale, otto);
  await sent;
  await room.deployment.restart({ kill: true, at: endsAt });
  await room.deployment.settle();
  await calledOff(room, []);
});

test('no auction of a sale that was cancelled before its end sells, also if not all are called off at once', async (t) => {
  const room = await givenOpenAuction(t);
  const names = Array.from({ length: AUCTIONS_PER_APPEND }, (_, at) => String(at + 2));
  for (let from = 0; from < names.length; from += AT_ONCE)
    await Promise.all(
      names.slice(from, from + AT_ONCE).map((name) => room.schedule({}, `a${name}`, `l${name}`)),
    );
  await room.deployment.settle();
  const rest = room.deployment.process.holdBack(
    ({ stream, type }) => stream === 'sale-s1' && type === 'AuctionCalledOff',
  );
  await room.deployment.done(cancelSale, otto);
  await rest.reached;
  room.deployment.clock.advanceTo(endsAt);
  for (const name of ['1', ...names]) await room.deployment.reached(`auction-a${name}`, 'AuctionCancelled');
  rest.release();
  await room.deployment.settle();
  for (const name of ['1', ...names])
    assert.equal((await room.deployment.types(`lot-l${name}`)).at(-1), 'LotReturned');
  await room.audited();
});

test('a sale that is closed can be cancelled as long as its auctions run; what was sold stays sold', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  await room.consign({}, 'l2');
  const long = { opensAt, endsAt: later(endsAt, 60_000) };
  await room.deployment.done(ScheduleAuction({ auctionId: 'a2', lotId: 'l2', saleId: 's1', ...long }), sam);
  await room.deployment.done(CloseSale({ saleId: 's1' }), otto);
  await room.deployment.advanceTo(endsAt);
  await room.deployment.done(cancelSale, otto);
  await room.deployment.advanceTo(long.endsAt);
  assert.equal((await room.deployment.types('auction-a1')).at(-1), 'LotSettled');
  assert.equal((await room.deployment.types('auction-a2')).at(-1), 'AuctionCancelled');
  assert.equal(textIn(await room.deployment.see('sales', 's1'), 'phase'), 'cancelled');
  await room.audited();
});

test('an auction that waits for its time does not open when its sale is cancelled', async (t) => {
  const room = await givenOpenAuction(t);
  await room.schedule({}, 'a2', 'l2');
  await room.deployment.done(CancelAuction({ auctionId: 'a2', cause: 'Another time.' }), otto);
  await room.deployment.settle();
  const later = { opensAt: endsAt, endsAt: '2026-03-09T13:00:00.000Z' };
  await room.deployment.done(ScheduleAuction({ auctionId: 'a3', lotId: 'l2', saleId: 's1', ...later }), sam);
  await room.deployment.done(cancelSale, otto);
  await room.deployment.advanceTo(later.endsAt);
  assert.deepEqual(await room.deployment.types('auction-a3'), ['AuctionScheduled', 'AuctionCancelled']);
  await room.audited();
});

test('a lot that was being scheduled when its sale was cancelled comes back to its consignor', async (t) => {
  const room = await givenOpenAuction(t);
  await room.schedule({}, 'a2', 'l2');
  await room.deployment.done(CancelAuction({ auctionId: 'a2', cause: 'Another time.' }), otto);
  await room.deployment.settle();
  const schedule = ScheduleAuction({ auctionId: 'a3', lotId: 'l2', saleId: 's1', opensAt, endsAt });
  const [scheduled] = await Promise.all([
    room.deployment.send(schedule, sam),
    room.deployment.done(cancelSale, otto),
  ]);
  await room.deployment.settle();
  assert.equal((await room.deployment.types('lot-l2')).at(-1), 'LotReturned');
  const types = await room.deployment.types('auction-a3');
  if (scheduled.outcome === 'rejected') assert.equal(refusedWith(scheduled), 'sale_not_open');
  else assert.equal(types.at(-1), 'AuctionCancelled');
  await room.audited();
});

const clara = person('clara');
const more = PlaceBid({ auctionId: 'a1', maximum: usd(9_00n) });

async function givenClara(t: TestContext): Promise<Saleroom> {
  const room = await givenOpenAuction(t);
  await room.fund(clara);
  await room.deployment.done(JoinAuction({ auctionId: 'a1' }), clara);
  return room;
}

test('whoever changed the sale of an auction bids in it no more, with whatever token', async (t) => {
  const room = await givenClara(t);
  await room.deployment.done(CloseSale({ saleId: 's1' }), person('clara', ['clerk']));
  assert.equal(refusedWith(await room.deployment.send(more, clara)), 'own_lot');
  const other = await room.deployment.beside();
  assert.equal(refusedWith(await other.send(more, clara)), 'own_lot', 'nor through another process');
});

test('whoever has bid in an auction takes no hand in it or its sale, with whatever token', async (t) => {
  const room = await givenClara(t);
  const other = await room.deployment.beside();
  const hands = [
    CloseSale({ saleId: 's1' }),
    cancelSale,
    CancelAuction({ auctionId: 'a1', cause: 'Sold elsewhere.' }),
  ];
  await room.deployment.done(more, clara);
  for (const hand of hands)
    for (const process of [room.deployment.process, other])
      for (const roles of [['auctioneer'], ['auctioneer', 'bidder']] as const) {
        const reply = await process.send(hand, person('clara', roles));
        assert.equal(refusedWith(reply), 'has_bid', hand.command);
      }
  for (const hand of hands) await room.deployment.done(hand, otto);
});
