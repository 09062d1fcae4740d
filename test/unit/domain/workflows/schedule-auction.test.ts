import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noAccount } from '#domain/accounts/account/state.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import { SaleNotOpen, SaleUnknown, SellerGone } from '#domain/auctions/sale/messages.ts';
import type { SaleEvent } from '#domain/auctions/sale/state.ts';
import { scheduleAuction } from '#domain/workflows/schedule-auction.ts';
import { NOW, otto, stateOf } from '#test/support/given.ts';
import { closed, lent, offer, published, saleScheduled } from '#test/support/sales-and-lots.ts';

test('the sale lends its terms while it is published, to nobody who has left', () => {
  const asked = (history: readonly SaleEvent[], account: object = noAccount) =>
    scheduleAuction.precondition({ sale: stateOf(sale, history), account }, offer, { now: NOW, actor: otto });
  assert.deepEqual(asked([saleScheduled, published]), lent);
  assert.deepEqual(asked([]), { refusal: SaleUnknown({}) });
  assert.deepEqual(asked([saleScheduled]), { refusal: SaleNotOpen({ phase: 'scheduled' }) });
  assert.deepEqual(asked([saleScheduled, published, closed]), {
    refusal: SaleNotOpen({ phase: 'closed' }),
  });
  for (const phase of ['closed', 'erased'])
    assert.deepEqual(asked([saleScheduled, published], { phase }), { refusal: SellerGone({}) });
  for (const phase of ['active', 'locked'])
    assert.deepEqual(asked([saleScheduled, published], { phase }), lent);
});
