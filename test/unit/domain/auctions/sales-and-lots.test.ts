import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lot } from '#domain/auctions/lot/decider.ts';
import {
  AuctionExists,
  ConsignLot,
  LotAmended,
  LotConsigned,
  LotExists,
  LotOffered,
  LotPhase,
  LotReturned,
  LotUnknown,
  LotWithdrawn,
  NotYourLot,
  OtherCurrency,
  OwnershipPassed,
  UnsoundLot,
  UnsoundTimes,
} from '#domain/auctions/lot/messages.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import {
  LadderUnknown,
  SaleCancelled,
  SaleClosed,
  SaleExists,
  SaleNotOpen,
  SalePhase,
  SalePublished,
  SaleScheduled,
  SaleUnknown,
  UnsoundTiers,
} from '#domain/auctions/sale/messages.ts';
import { money } from '#domain/kernel/money.ts';
import { scheduleAuction } from '#domain/processes/schedule-auction.ts';
import { ann, clara, deciding, NOW, otto, sam, stateOf, terms } from '#test/support/auctions.ts';

const { ladder, premium, commission } = terms;
const givenSale = deciding(sale);
const saleId = { saleId: 's1' };
const schedule = {
  ...{ ...saleId, title: 'Watches', description: '', currency: 'USD', premium, commission, ladderVersion: 1 },
};
const saleScheduled = SaleScheduled({
  ...{ ...saleId, title: 'Watches', description: '', currency: 'USD', premium, commission, ladder },
});
const published = SalePublished(saleId);
const closed = SaleClosed(saleId);
const calledOff = { ...saleId, cause: 'No room.' };
const cancelled = SaleCancelled(calledOff);

test('a sale is scheduled with the ladder of its currency', () => {
  assert.deepEqual(givenSale([]).when('ScheduleSale', schedule), [saleScheduled]);
  assert.deepEqual(givenSale([saleScheduled]).when('ScheduleSale', schedule), SaleExists({}));
  const unknown = LadderUnknown({ currency: 'USD', version: 9 });
  assert.deepEqual(givenSale([]).when('ScheduleSale', { ...schedule, ladderVersion: 9 }), unknown);
});

test('a rate whose tiers do not rise, or whose last has an end, is no rate of a sale', () => {
  const falling = [
    { upTo: 5n, rateBasisPoints: 1 },
    { upTo: 4n, rateBasisPoints: 1 },
    { rateBasisPoints: 0 },
  ];
  const ended = [{ upTo: 5n, rateBasisPoints: 1 }];
  const given = (over: object) => givenSale([]).when('ScheduleSale', { ...schedule, ...over });
  assert.deepEqual(given({ premium: falling }), UnsoundTiers({ of: 'premium' }));
  assert.deepEqual(given({ commission: ended }), UnsoundTiers({ of: 'commission' }));
});

test('a sale is published, then closed, or cancelled before that', () => {
  assert.deepEqual(givenSale([saleScheduled]).when('PublishSale', saleId), [published]);
  assert.deepEqual(givenSale([saleScheduled, published]).when('PublishSale', saleId), []);
  assert.deepEqual(givenSale([saleScheduled, published]).when('CloseSale', saleId), [closed]);
  assert.deepEqual(givenSale([saleScheduled, published, closed]).when('CloseSale', saleId), []);
  assert.deepEqual(givenSale([saleScheduled]).when('CloseSale', saleId), SalePhase({ phase: 'scheduled' }));
  assert.deepEqual(givenSale([saleScheduled, published]).when('CancelSale', calledOff), [cancelled]);
  assert.deepEqual(givenSale([saleScheduled, cancelled]).when('CancelSale', calledOff), []);
  const over = SalePhase({ phase: 'closed' });
  assert.deepEqual(givenSale([saleScheduled, published, closed]).when('CancelSale', calledOff), over);
  assert.deepEqual(givenSale([]).when('PublishSale', saleId), SaleUnknown({}));
});

const givenLot = deciding(lot);
const usd = (amount: bigint) => money(amount, 'USD');
const lotId = { lotId: 'l1' };
const words = {
  title: 'Wristwatch',
  description: 'Steel, 1960s.',
  categories: ['watches'],
  pictures: ['https://pictures.example/1.jpg'],
};
const described = {
  ...{ ...lotId, ...words, estimateLow: usd(100_00n), estimateHigh: usd(200_00n), openingBid: usd(1_00n) },
};
const kept = {
  ...{ ...lotId, ...words, currency: 'USD' },
  ...{ estimateLow: 100_00n, estimateHigh: 200_00n, openingBid: 1_00n },
};
const consigned = LotConsigned({ ...kept, consignor: 'sam' });

test('a seller consigns a lot, or staff for them', () => {
  assert.deepEqual(givenLot([]).when('ConsignLot', described, { actor: sam }), [consigned]);
  assert.deepEqual(givenLot([consigned]).when('ConsignLot', described, { actor: sam }), LotExists({}));
  const forSam = { ...described, consignor: 'sam' };
  assert.deepEqual(givenLot([]).when('ConsignLot', forSam, { actor: clara }), [consigned]);
  assert.deepEqual(givenLot([]).when('ConsignLot', forSam, { actor: ann }), NotYourLot({}));
});

test('the amounts of a lot fit together', () => {
  const wrong = (over: Partial<typeof described>) => {
    const answer = givenLot([]).when('ConsignLot', { ...described, ...over }, { actor: sam });
    return 'rejected' in answer ? answer.code : undefined;
  };
  assert.equal(wrong({ openingBid: money(1n, 'EUR') }), UnsoundLot.code);
  assert.equal(wrong({ estimateLow: usd(201_00n) }), UnsoundLot.code);
  assert.equal(wrong({ openingBid: usd(10n ** 15n + 1n) }), UnsoundLot.code);
  assert.equal(wrong({ openingBid: usd(10n ** 15n) }), undefined);
});

test('pictures are addresses on the web, and few', () => {
  const fits = (pictures: readonly string[]) => ConsignLot.schema.shape.pictures.safeParse(pictures).success;
  assert.equal(fits(['http://a.example/1.jpg', 'https://a.example/2.jpg']), true);
  for (const odd of ['javascript:alert(1)', 'ftp://a.example/1.jpg', 'data:image/png;base64,AA', '1.jpg'])
    assert.equal(fits([odd]), false, odd);
  assert.equal(fits(Array.from({ length: 21 }, (_, n) => `https://a.example/${n}.jpg`)), false);
});

test('a lot is described anew as a whole, until it is offered', () => {
  const anew = { ...described, reserve: usd(50_00n) };
  const amended = LotAmended({ ...kept, reserve: 50_00n });
  assert.deepEqual(givenLot([consigned]).when('AmendLot', anew, { actor: sam }), [amended]);
  assert.deepEqual(givenLot([consigned, amended]).when('AmendLot', anew, { actor: sam }), []);
  assert.deepEqual(givenLot([consigned]).when('AmendLot', anew, { actor: ann }), NotYourLot({}));
  const offered = LotPhase({ phase: 'offered' });
  assert.deepEqual(givenLot([consigned, lotOffered]).when('AmendLot', anew, { actor: sam }), offered);
  assert.deepEqual(givenLot([]).when('AmendLot', anew, { actor: sam }), LotUnknown({}));
});

const { opensAt, endsAt } = terms;
const offer = { ...lotId, ...saleId, auctionId: 'a1', opensAt, endsAt };
const lotOffered = LotOffered({ ...terms, staff: [], consignedAt: NOW });
const screened = { terms: { currency: 'USD', ladder, premium, commission } };

test('a lot is promised to one auction at a time, on the terms of the sale', () => {
  const bySam = { actor: sam, screened };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, bySam), [lotOffered]);
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', offer, bySam), []);
  const other = { ...offer, auctionId: 'a2' };
  const offered = LotPhase({ phase: 'offered' });
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', other, bySam), offered);
  const byClara = { actor: clara, screened };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, byClara), [
    LotOffered({ ...terms, staff: ['clara'], consignedAt: NOW }),
  ]);
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: ann, screened }),
    NotYourLot({}),
  );
});

test('staff who entered or amended a lot, and so know its reserve, have a hand in its auction', () => {
  const staffOf = (...actors: readonly string[]) => {
    const state = actors.reduce(
      (so, actor, index) =>
        lot.evolve(so, index === 0 ? consigned : LotAmended(kept), { position: 1n, occurredAt: NOW, actor }),
      lot.initial,
    );
    const facts = { now: NOW, actor: sam, id: 'id1', screened };
    const [offered] = lot.decide.ScheduleAuction(offer, state, facts) as readonly (typeof lotOffered)[];
    return offered?.data.staff;
  };
  assert.deepEqual(staffOf('sam', 'sam'), []);
  assert.deepEqual(staffOf('clara', 'sam', 'otto', 'clara'), ['otto', 'clara']);
  const many = Array.from({ length: 9 }, (_, n) => `clerk-${n}`);
  assert.deepEqual(staffOf(...many), many.slice(2), 'as many as an auction can name');
});

test('a lot that came back is offered again, in another auction', () => {
  const returned = LotReturned({ ...lotId, auctionId: 'a1' });
  const history = [consigned, lotOffered, returned];
  const bySam = { actor: sam, screened };
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ReturnLot', { ...lotId, auctionId: 'a1' }), [
    returned,
  ]);
  assert.deepEqual(givenLot(history).when('ReturnLot', { ...lotId, auctionId: 'a1' }), []);
  assert.deepEqual(givenLot(history).when('ScheduleAuction', offer, bySam), AuctionExists({}));
  const again = LotOffered({ ...lotOffered.data, auctionId: 'a2' });
  assert.deepEqual(givenLot(history).when('ScheduleAuction', { ...offer, auctionId: 'a2' }, bySam), [again]);
});

test('an auction ends after it opens and after now, and within 90 days', () => {
  const at = (over: object, now = NOW) =>
    givenLot([consigned]).when('ScheduleAuction', { ...offer, ...over }, { actor: sam, screened, now });
  assert.deepEqual(at({ endsAt: opensAt }), UnsoundTimes({ now: NOW }));
  assert.deepEqual(at({}, endsAt), UnsoundTimes({ now: endsAt }));
  assert.deepEqual(at({ endsAt: '2026-05-30T13:00:00.001Z' }), UnsoundTimes({ now: NOW }));
  assert.equal('rejected' in at({ endsAt: '2026-05-30T13:00:00.000Z' }), false);
});

test('lot and sale agree on the currency, and the sale takes auctions', () => {
  const euros = { terms: { ...screened.terms, currency: 'EUR' } };
  const differ = OtherCurrency({ lot: 'USD', sale: 'EUR' });
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: sam, screened: euros }),
    differ,
  );
  const refusal = SaleUnknown({});
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: sam, screened: { refusal } }),
    refusal,
  );
});

test('the sale lends its terms while it is published', () => {
  const screen = (history: Parameters<typeof givenSale>[0]) =>
    scheduleAuction.screen({ sale: stateOf(sale, history) }, offer, { now: NOW, actor: otto });
  assert.deepEqual(screen([saleScheduled, published]), screened);
  assert.deepEqual(screen([]), { refusal: SaleUnknown({}) });
  assert.deepEqual(screen([saleScheduled]), { refusal: SaleNotOpen({ phase: 'scheduled' }) });
  assert.deepEqual(screen([saleScheduled, published, closed]), { refusal: SaleNotOpen({ phase: 'closed' }) });
});

test('a sold lot has its new owner for good, a withdrawn one is gone', () => {
  const pass = { ...lotId, auctionId: 'a1', owner: 'ann' };
  const passed = OwnershipPassed(pass);
  assert.deepEqual(givenLot([consigned, lotOffered]).when('PassOwnership', pass), [passed]);
  assert.deepEqual(givenLot([consigned, lotOffered, passed]).when('PassOwnership', pass), []);
  const withdraw = { ...lotId, cause: 'Kept after all.' };
  const withdrawn = LotWithdrawn(withdraw);
  assert.deepEqual(givenLot([consigned]).when('WithdrawLot', withdraw, { actor: sam }), [withdrawn]);
  assert.deepEqual(givenLot([consigned, withdrawn]).when('WithdrawLot', withdraw, { actor: sam }), []);
  const sold = LotPhase({ phase: 'sold' });
  assert.deepEqual(
    givenLot([consigned, lotOffered, passed]).when('WithdrawLot', withdraw, { actor: sam }),
    sold,
  );
});
