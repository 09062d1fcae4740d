import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmong } from '#domain/auctions/hands.ts';
import { lot } from '#domain/auctions/lot/decider.ts';
import {
  LotAmended,
  LotConsigned,
  LotOffered,
  LotPhase,
  LotReturned,
  LotWithdrawn,
  NotYourLot,
  OtherCurrency,
  UnsoundTimes,
} from '#domain/auctions/lot/messages.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import { AuctionExists, SaleUnknown } from '#domain/auctions/sale/messages.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { scheduleAuction } from '#domain/workflows/schedule-auction.ts';
import { terms } from '#test/support/auctions.ts';
import { ann, clara, deciding, NOW, person, sam, stateOf } from '#test/support/given.ts';
import {
  closed,
  consigned,
  entered,
  kept,
  lent,
  lotId,
  lotOffered,
  offer,
  published,
  saleScheduled,
} from '#test/support/sales-and-lots.ts';

const { opensAt, endsAt } = terms;
const givenLot = deciding(lot);

test('a lot that was taken in before is offered and given back, whatever would be refused today', () => {
  const odd = LotConsigned({ ...kept, consignor: 'sam', estimateLow: 0n, estimateHigh: 0n, reserve: 1n });
  assert.deepEqual(givenLot([odd]).when('WithdrawLot', { ...lotId, cause: 'Kept.' }, { actor: sam }), [
    LotWithdrawn({ ...lotId, cause: 'Kept.' }),
  ]);
  const offered = givenLot([odd]).when('ScheduleAuction', offer, { actor: sam, precondition: lent });
  assert.equal('rejected' in offered, false);
});

test('a lot is promised to one auction at a time, on the terms of the sale', () => {
  const bySam = { actor: sam, precondition: lent };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, bySam), [lotOffered]);
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', offer, bySam), []);
  const other = { ...offer, auctionId: 'a2' };
  const offered = LotPhase({ phase: 'offered' });
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', other, bySam), offered);
  const byClara = { actor: clara, precondition: lent };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, byClara), [lotOffered]);
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: ann, precondition: lent }),
    NotYourLot({}),
  );
});

test('a lot that came back is offered again, in another auction', () => {
  const returned = LotReturned({ ...lotId, auctionId: 'a1', consignor: 'sam' });
  const history = [consigned, lotOffered, returned];
  const bySam = { actor: sam, precondition: lent };
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ReturnLot', { ...lotId, auctionId: 'a1' }), [
    returned,
  ]);
  assert.deepEqual(givenLot(history).when('ReturnLot', { ...lotId, auctionId: 'a1' }), []);
  assert.deepEqual(givenLot(history).when('ScheduleAuction', offer, bySam), AuctionExists({}));
  const again = LotOffered({ ...lotOffered.data, auctionId: 'a2' });
  assert.deepEqual(givenLot(history).when('ScheduleAuction', { ...offer, auctionId: 'a2' }, bySam), [again]);
});

test('an auction takes bids for a minute at least and 90 days at most, and ends in the year 9999 at the latest', () => {
  const at = (over: object, now = NOW) =>
    givenLot([consigned]).when(
      'ScheduleAuction',
      { ...offer, ...over },
      { actor: sam, precondition: lent, now },
    );
  assert.deepEqual(at({ endsAt: opensAt }), UnsoundTimes({ now: NOW }));
  assert.deepEqual(at({}, endsAt), UnsoundTimes({ now: endsAt }));
  assert.deepEqual(at({ endsAt: '2026-05-30T13:00:00.001Z' }), UnsoundTimes({ now: NOW }));
  assert.equal('rejected' in at({ endsAt: '2026-05-30T13:00:00.000Z' }), false);
  assert.deepEqual(at({ endsAt: '2026-03-01T13:00:59.999Z' }), UnsoundTimes({ now: NOW }));
  assert.equal('rejected' in at({ endsAt: '2026-03-01T13:01:00.000Z' }), false);
  const late = '2026-03-08T12:59:00.001Z';
  assert.deepEqual(at({}, late), UnsoundTimes({ now: late }), 'a minute from now on');
  const last = { opensAt: '9999-12-01T00:00:00.000Z', endsAt: '9999-12-31T23:59:59.999Z' };
  assert.equal('rejected' in at(last), false);
  assert.deepEqual(at({ ...last, endsAt: '+010000-01-01T00:00:00.000Z' }), UnsoundTimes({ now: NOW }));
});

test('lot and sale agree on the currency, and the sale takes auctions', () => {
  const euros = { ...lent, terms: { ...lent.terms, currency: 'EUR' } };
  const differ = OtherCurrency({ lot: 'USD', sale: 'EUR' });
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: sam, precondition: euros }),
    differ,
  );
  const refusal = SaleUnknown({});
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: sam, precondition: { refusal } }),
    refusal,
  );
});

test('whoever enters, changes or offers a lot or a sale has a hand in it, however many they are', () => {
  const many = Array.from({ length: 40 }, (_, n) => `clerk-${n}`);
  const at = (actor: string) => ({ position: 1n, occurredAt: NOW, actor });
  let changed = lot.evolve(lot.initial, consigned, at('sam'));
  for (const actor of many) changed = lot.evolve(changed, LotAmended(kept), at(actor));
  changed = lot.evolve(changed, lotOffered, at('otto'));
  changed = lot.evolve(changed, LotReturned({ ...lotId, auctionId: 'a1' }), at('system.lot-custody'));
  const sold = [
    [saleScheduled, 'clara'],
    [published, 'otto'],
    [entered, 'system.lot-custody'],
    [closed, 'cora'],
  ] as const;
  const arranged = sold.reduce((so, [event, actor]) => sale.evolve(so, event, at(actor)), sale.initial);
  assert.ok(changed.phase !== 'none' && arranged.phase !== 'none');
  const { hands: ofLot } = changed;
  const { hands: ofSale } = arranged;
  for (const person of ['sam', 'otto', ...many]) assert.ok(isAmong(ofLot, person), person);
  for (const person of ['clara', 'otto', 'cora']) assert.ok(isAmong(ofSale, person), person);
  for (const hands of [ofLot, ofSale])
    for (const person of ['ann', 'system.lot-custody']) assert.ok(!isAmong(hands, person), person);
});

test('whoever arranged a sale does not put their own lot into it, under any role; others put it there', () => {
  const given = (actor: typeof sam) =>
    givenLot([consigned]).when('ScheduleAuction', offer, {
      actor,
      precondition: { ...lent, hasArranged: true },
    });
  for (const roles of [['seller'], ['clerk'], ['seller', 'auctioneer']] as const)
    assert.deepEqual(given(person('sam', roles)), OwnAffair({}));
  assert.deepEqual(given(clara), [lotOffered]);
  const bySam = { now: NOW, actor: sam };
  // Whatever a test’s history says was asked for by Sam.
  const known = { sale: stateOf(sale, [saleScheduled, published]), account: { phase: 'none' } };
  assert.deepEqual(scheduleAuction.precondition(known, offer, bySam), { ...lent, hasArranged: true });
});
