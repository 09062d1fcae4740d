import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HasReadSecrets } from '#domain/auctions/inspector/messages.ts';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
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
  SaleExists,
  SaleNotOpen,
  SalePhase,
  SaleUnknown,
  UnsoundTiers,
} from '#domain/auctions/sale/messages.ts';
import { CurrencyUnknown } from '#domain/kernel/currencies.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { terms } from '#test/support/auctions.ts';
import { deciding, otto, person } from '#test/support/given.ts';
import { closed, entered, place, published, saleId, saleScheduled } from '#test/support/sales-and-lots.ts';

const { premium, commission } = terms;
const givenSale = deciding(sale);

const calledOff = { ...saleId, cause: 'No room.' };
const cancelled = SaleCancelled({ ...calledOff, auctions: 0 });
const unread = { precondition: { inspector: nothingRead, hasBid: false } };
const byBidder = { precondition: { inspector: nothingRead, hasBid: true } };
const schedule = {
  ...{ ...saleId, title: 'Watches', description: '', currency: 'USD', premium, commission, ladderVersion: 1 },
};

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
      ...decided.flatMap(({ type, data }) =>
        type === AuctionCalledOff.type ? [(data as typeof place).auctionId] : [],
      ),
    );
  }
  assert.deepEqual(seen.toSorted(), many.map(({ data }) => data.auctionId).toSorted());
});

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
