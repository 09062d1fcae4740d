import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmong } from '#domain/auctions/hands.ts';
import { HasReadSecrets } from '#domain/auctions/inspector/messages.ts';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
import { lot } from '#domain/auctions/lot/decider.ts';
import {
  ConsignLot,
  ConsignorMissing,
  LotAmended,
  LotConsigned,
  LotExists,
  LotOffered,
  LotPhase,
  LotReturned,
  LotUnknown,
  LotWithdrawn,
  NoLadder,
  NotYourLot,
  OtherCurrency,
  OwnershipPassed,
  UnsoundLot,
  UnsoundTimes,
} from '#domain/auctions/lot/messages.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import {
  AuctionCalledOff,
  AuctionEntered,
  AuctionExists,
  AuctionTurnedAway,
  EnterSale,
  HasBid,
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
import { CurrencyUnknown } from '#domain/kernel/currencies.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { money } from '#domain/kernel/money.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { newHold, withHold, withOpenClaim } from '#domain/wallets/wallet/holds.ts';
import { noWallet, type Wallet } from '#domain/wallets/wallet/state.ts';
import { cancelSale, closeSale } from '#domain/workflows/end-of-sale.ts';
import { scheduleAuction } from '#domain/workflows/schedule-auction.ts';
import { terms } from '#test/support/auctions.ts';
import { ann, clara, deciding, NOW, otto, person, sam, stateOf } from '#test/support/given.ts';

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
const cancelled = SaleCancelled({ ...calledOff, auctions: 0 });
const unread = { precondition: { inspector: nothingRead, hasBid: false } };
const byBidder = { precondition: { inspector: nothingRead, hasBid: true } };

test('a sale is scheduled with the ladder of its currency', () => {
  assert.deepEqual(givenSale([]).when('ScheduleSale', schedule), [saleScheduled]);
  assert.deepEqual(givenSale([saleScheduled]).when('ScheduleSale', schedule), SaleExists({}));
  const unknown = LadderUnknown({ currency: 'USD', version: 9 });
  assert.deepEqual(givenSale([]).when('ScheduleSale', { ...schedule, ladderVersion: 9 }), unknown);
  const nowhere = { ...schedule, currency: 'XXQ', ladderVersion: 9 };
  assert.deepEqual(givenSale([]).when('ScheduleSale', nowhere), CurrencyUnknown({ currency: 'XXQ' }));
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

test('a sale is published, then closed, and cancelled at any time', () => {
  assert.deepEqual(givenSale([saleScheduled]).when('PublishSale', saleId), [published]);
  assert.deepEqual(givenSale([saleScheduled, published]).when('PublishSale', saleId), []);
  assert.deepEqual(givenSale([saleScheduled, published]).when('CloseSale', saleId, unread), [closed]);
  assert.deepEqual(givenSale([saleScheduled, published, closed]).when('CloseSale', saleId, unread), []);
  assert.deepEqual(
    givenSale([saleScheduled]).when('CloseSale', saleId, unread),
    SalePhase({ phase: 'scheduled' }),
  );
  assert.deepEqual(givenSale([saleScheduled, published]).when('CancelSale', calledOff, unread), [cancelled]);
  assert.deepEqual(givenSale([saleScheduled, cancelled]).when('CancelSale', calledOff, unread), []);
  const over = [saleScheduled, published, closed];
  assert.deepEqual(givenSale(over).when('CancelSale', calledOff, unread), [cancelled]);
  assert.deepEqual(
    givenSale([...over, cancelled]).when('CloseSale', saleId, unread),
    SalePhase({ phase: 'cancelled', cause: 'No room.' }),
  );
  assert.deepEqual(givenSale([]).when('PublishSale', saleId), SaleUnknown({}));
});

const place = { ...saleId, auctionId: 'a1', lotId: 'l1' };
const entered = AuctionEntered(place);
const turnedAway = (why: Parameters<typeof recordedReason>[1], over: object = {}) =>
  AuctionTurnedAway({ ...place, ...over, reason: recordedReason(EnterSale.rejections, why) });

test('a sale takes auctions in while it is published, one for each id', () => {
  const on = (...history: Parameters<typeof givenSale>[0]) => givenSale([saleScheduled, ...history]);
  assert.deepEqual(on(published).when('EnterSale', place), [entered]);
  assert.deepEqual(on(published, entered).when('EnterSale', place), []);
  const other = { ...place, lotId: 'l2' };
  assert.deepEqual(on(published, entered).when('EnterSale', other), [turnedAway(AuctionExists({}), other)]);
  const shut = [turnedAway(SaleNotOpen({ phase: 'cancelled', cause: 'No room.' }))];
  assert.deepEqual(on(published, cancelled).when('EnterSale', place), shut);
  assert.deepEqual(on().when('EnterSale', place), [turnedAway(SaleNotOpen({ phase: 'scheduled' }))]);
});

test('a sale that is cancelled calls each of its auctions off, once', () => {
  const off = AuctionCalledOff({ ...place, cause: 'No room.' });
  const open = [saleScheduled, published, entered];
  const one = [SaleCancelled({ ...calledOff, auctions: 1 }), off];
  assert.deepEqual(givenSale(open).when('CancelSale', calledOff, unread), one);
  assert.deepEqual(givenSale([...open, ...one]).when('CancelSale', calledOff, unread), []);
  assert.deepEqual(givenSale([...open, ...one]).when('CallOffRest', saleId), []);
  assert.deepEqual(givenSale(open).when('CallOffRest', saleId), []);
});

test('however many auctions a sale has, all are called off, as many at a time as one append may', () => {
  const many = Array.from({ length: 200 }, (_, n) => AuctionEntered({ ...place, auctionId: `a${n}` }));
  const history = [saleScheduled, published, ...many];
  const seen: string[] = [];
  for (const command of ['CancelSale', 'CallOffRest', 'CallOffRest', 'CallOffRest'] as const) {
    const data = command === 'CancelSale' ? calledOff : saleId;
    const decided = givenSale(history).when(command, data as never, unread as never);
    assert.ok('length' in decided && decided.length <= 100);
    history.push(...(decided as typeof many));
    seen.push(
      ...decided.flatMap(({ type, data }) => (type === off ? [(data as typeof place).auctionId] : [])),
    );
  }
  assert.deepEqual(seen.toSorted(), many.map(({ data }) => data.auctionId).toSorted());
});
const off = AuctionCalledOff.type;

test('an auction from before sales kept account is counted in, or called off with its sale', () => {
  assert.deepEqual(givenSale([saleScheduled, published, closed]).when('CountIn', place), [entered]);
  assert.deepEqual(givenSale([saleScheduled, published, entered]).when('CountIn', place), []);
  const late = AuctionCalledOff({ ...place, cause: 'No room.' });
  assert.deepEqual(givenSale([saleScheduled, cancelled]).when('CountIn', place), [late]);
  assert.deepEqual(givenSale([saleScheduled, cancelled, late]).when('CountIn', place), []);
});

test('whoever was shown maxima since a sale has auctions does not cancel it', () => {
  const until = '2026-03-01T12:00:30.000Z';
  const precondition = { inspector: { maxima: { until, position: 5n } }, hasBid: false };
  const no = HasReadSecrets({ readUntil: until });
  assert.deepEqual(givenSale([saleScheduled, entered]).when('CancelSale', calledOff, { precondition }), no);
  assert.deepEqual(givenSale([saleScheduled]).when('CancelSale', calledOff, { precondition }), [cancelled]);
});

test('whoever has bid in an auction of a sale neither closes nor cancels it', () => {
  const open = [saleScheduled, published, entered];
  assert.deepEqual(givenSale(open).when('CloseSale', saleId, byBidder), HasBid({}));
  assert.deepEqual(givenSale([...open, closed]).when('CancelSale', calledOff, byBidder), HasBid({}));
  assert.deepEqual(givenSale([...open, closed]).when('CloseSale', saleId, byBidder), [], 'it is done');
});

test('whoever has a lot in a sale neither closes nor cancels it, and whoever is told of no seller may', () => {
  const byClerk = { ...unread, actor: person('sam', ['auctioneer', 'clerk']) };
  const ofSam = givenSale([saleScheduled, published]).when('EnterSale', { ...place, seller: 'sam' });
  assert.deepEqual(ofSam, [AuctionEntered({ ...place, seller: 'sam' })]);
  const open = [saleScheduled, published, AuctionEntered({ ...place, seller: 'sam' })];
  assert.deepEqual(givenSale(open).when('CloseSale', saleId, byClerk), OwnAffair({}));
  assert.deepEqual(givenSale(open).when('CancelSale', calledOff, byClerk), OwnAffair({}));
  assert.deepEqual(givenSale([...open, closed]).when('CancelSale', calledOff, byClerk), OwnAffair({}));
  assert.deepEqual(givenSale([...open, closed]).when('CloseSale', saleId, byClerk), [], 'it is done');
  assert.deepEqual(givenSale(open).when('CloseSale', saleId, { ...unread, actor: otto }), [closed]);
  assert.deepEqual(
    givenSale([saleScheduled, published, entered]).when('CloseSale', saleId, byClerk),
    [closed],
    'of the first auctions nobody knows whose they are',
  );
});

test('the wallet of a sale’s currency knows in which of its auctions its person has bid', () => {
  const funded = (holdId: string, purpose: 'bid' | 'withdrawal') => {
    const claimed = withOpenClaim({ ...newHold(holdId), purpose }, { claimId: 'c1', amount: 1n });
    return { ...noWallet, holds: withHold(noWallet.holds, claimed) };
  };
  const other = { ...place, auctionId: 'a2' };
  const known = stateOf(sale, [saleScheduled, published, entered, AuctionEntered(other)]);
  const facts = { now: NOW, actor: otto };
  for (const workflow of [closeSale, cancelSale]) {
    const hasBid = (of: Wallet, sale: object = known): unknown =>
      (
        workflow.precondition({ inspector: nothingRead, sale, wallet: of }, saleId, facts) as {
          hasBid: unknown;
        }
      ).hasBid;
    assert.equal(hasBid(noWallet), false);
    assert.equal(hasBid(funded('a2', 'bid')), true);
    assert.equal(hasBid(funded('a9', 'bid')), false, 'in another sale');
    assert.equal(hasBid(funded('a1', 'withdrawal')), false, 'for something else');
    assert.equal(hasBid(funded('a2', 'bid'), stateOf(sale, [])), false);
    assert.equal(workflow.readsNext.wallet?.stream({ sale: known }, otto), 'wallet-otto:USD');
    assert.equal(workflow.readsNext.wallet?.stream({ sale: stateOf(sale, []) }, otto), undefined);
    assert.equal(workflow.readsNext.wallet?.toEnd, true);
  }
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

test('staff who enter a lot say whose it is', () => {
  assert.deepEqual(givenLot([]).when('ConsignLot', described, { actor: clara }), ConsignorMissing({}));
});

test('the amounts of a lot fit together', () => {
  const wrong = (over: Partial<typeof described> & { readonly reserve?: ReturnType<typeof usd> }) => {
    const answer = givenLot([]).when('ConsignLot', { ...described, ...over }, { actor: sam });
    return 'rejected' in answer ? answer.code : undefined;
  };
  assert.equal(wrong({ openingBid: money(1n, 'EUR') }), UnsoundLot.code);
  assert.equal(wrong({ estimateLow: usd(201_00n) }), UnsoundLot.code);
  assert.equal(wrong({ openingBid: usd(10n ** 15n + 1n) }), UnsoundLot.code);
  assert.equal(wrong({ openingBid: usd(10n ** 15n), estimateHigh: usd(10n ** 15n) }), undefined);
  assert.equal(wrong({ openingBid: usd(200_01n) }), UnsoundLot.code, 'an opening above the high estimate');
  assert.equal(wrong({ openingBid: usd(200_00n) }), undefined);
  assert.equal(wrong({ estimateLow: usd(0n), estimateHigh: usd(0n) }), UnsoundLot.code);
  assert.equal(wrong({ reserve: usd(200_01n) }), UnsoundLot.code, 'a reserve above the high estimate');
  assert.equal(wrong({ reserve: usd(200_00n) }), undefined);
  const opening = { openingBid: usd(50_00n) };
  assert.equal(wrong({ ...opening, reserve: usd(49_99n) }), UnsoundLot.code, 'a reserve that is none');
  assert.equal(wrong({ ...opening, reserve: usd(50_00n) }), undefined);
});

test('a lot is in a currency that exists and in which a sale can be held', () => {
  const inCurrency = (currency: string) => {
    const amount = (of: bigint) => money(of, currency);
    const amounts = { estimateLow: amount(1n), estimateHigh: amount(2n), openingBid: amount(1n) };
    return givenLot([]).when('ConsignLot', { ...described, ...amounts }, { actor: sam });
  };
  assert.deepEqual(inCurrency('ABC'), CurrencyUnknown({ currency: 'ABC' }));
  const known = ['USD', 'EUR', 'GBP', 'CHF', 'JPY'];
  assert.deepEqual(inCurrency('SEK'), NoLadder({ currency: 'SEK', currencies: known }));
  for (const currency of known) assert.equal('rejected' in inCurrency(currency), false, currency);
});

test('a lot that was taken in before is offered and given back, whatever would be refused today', () => {
  const odd = LotConsigned({ ...kept, consignor: 'sam', estimateLow: 0n, estimateHigh: 0n, reserve: 1n });
  assert.deepEqual(givenLot([odd]).when('WithdrawLot', { ...lotId, cause: 'Kept.' }, { actor: sam }), [
    LotWithdrawn({ ...lotId, cause: 'Kept.' }),
  ]);
  const offered = givenLot([odd]).when('ScheduleAuction', offer, { actor: sam, precondition });
  assert.equal('rejected' in offered, false);
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
  // To a clerk, that nothing changes would tell the reserve.
  assert.deepEqual(givenLot([consigned, amended]).when('AmendLot', anew, { actor: otto }), [amended]);
  assert.deepEqual(givenLot([consigned]).when('AmendLot', anew, { actor: ann }), NotYourLot({}));
  const offered = LotPhase({ phase: 'offered' });
  assert.deepEqual(givenLot([consigned, lotOffered]).when('AmendLot', anew, { actor: sam }), offered);
  assert.deepEqual(givenLot([]).when('AmendLot', anew, { actor: sam }), LotUnknown({}));
});

const { opensAt, endsAt } = terms;
const offer = { ...lotId, ...saleId, auctionId: 'a1', opensAt, endsAt };
const lotOffered = LotOffered({ ...terms, consignedAt: NOW });
const precondition = { terms: { currency: 'USD', ladder, premium, commission }, hasArranged: false };

test('a lot is promised to one auction at a time, on the terms of the sale', () => {
  const bySam = { actor: sam, precondition };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, bySam), [lotOffered]);
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', offer, bySam), []);
  const other = { ...offer, auctionId: 'a2' };
  const offered = LotPhase({ phase: 'offered' });
  assert.deepEqual(givenLot([consigned, lotOffered]).when('ScheduleAuction', other, bySam), offered);
  const byClara = { actor: clara, precondition };
  assert.deepEqual(givenLot([consigned]).when('ScheduleAuction', offer, byClara), [lotOffered]);
  assert.deepEqual(
    givenLot([consigned]).when('ScheduleAuction', offer, { actor: ann, precondition }),
    NotYourLot({}),
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

test('a lot that came back is offered again, in another auction', () => {
  const returned = LotReturned({ ...lotId, auctionId: 'a1' });
  const history = [consigned, lotOffered, returned];
  const bySam = { actor: sam, precondition };
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
    givenLot([consigned]).when('ScheduleAuction', { ...offer, ...over }, { actor: sam, precondition, now });
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
  const euros = { ...precondition, terms: { ...precondition.terms, currency: 'EUR' } };
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

test('whoever arranged a sale does not put their own lot into it, under any role; others put it there', () => {
  const given = (actor: typeof sam) =>
    givenLot([consigned]).when('ScheduleAuction', offer, {
      actor,
      precondition: { ...precondition, hasArranged: true },
    });
  for (const roles of [['seller'], ['clerk'], ['seller', 'auctioneer']] as const)
    assert.deepEqual(given(person('sam', roles)), OwnAffair({}));
  assert.deepEqual(given(clara), [lotOffered]);
  const bySam = { now: NOW, actor: sam };
  // Whatever a test’s history says was asked for by Sam.
  const known = { sale: stateOf(sale, [saleScheduled, published]) };
  assert.deepEqual(scheduleAuction.precondition(known, offer, bySam), { ...precondition, hasArranged: true });
});

test('the sale lends its terms while it is published', () => {
  const lent = (history: Parameters<typeof givenSale>[0]) =>
    scheduleAuction.precondition({ sale: stateOf(sale, history) }, offer, { now: NOW, actor: otto });
  assert.deepEqual(lent([saleScheduled, published]), precondition);
  assert.deepEqual(lent([]), { refusal: SaleUnknown({}) });
  assert.deepEqual(lent([saleScheduled]), { refusal: SaleNotOpen({ phase: 'scheduled' }) });
  assert.deepEqual(lent([saleScheduled, published, closed]), {
    refusal: SaleNotOpen({ phase: 'closed' }),
  });
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
