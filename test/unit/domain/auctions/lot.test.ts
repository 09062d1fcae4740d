import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lot } from '#domain/auctions/lot/decider.ts';
import {
  ConsignLot,
  ConsignorMissing,
  LotAmended,
  LotExists,
  LotPhase,
  LotUnknown,
  LotWithdrawn,
  NoLadder,
  NotYourLot,
  OwnershipPassed,
  UnsoundLot,
} from '#domain/auctions/lot/messages.ts';
import { CurrencyUnknown } from '#domain/kernel/currencies.ts';
import { money } from '#domain/kernel/money.ts';
import { ann, clara, deciding, otto, sam } from '#test/support/given.ts';
import { consigned, described, kept, lotId, lotOffered, usd } from '#test/support/sales-and-lots.ts';

const givenLot = deciding(lot);

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
