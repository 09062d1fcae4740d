import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelAuction } from '#domain/auctions/auction/commands.ts';
import { AuctionCancelled, AuctionScheduled } from '#domain/auctions/auction/events.ts';
import { AmendLot, ConsignLot, WithdrawLot } from '#domain/auctions/lot/commands.ts';
import { LotAmended, LotConsigned, LotOffered, LotWithdrawn } from '#domain/auctions/lot/events.ts';
import { CancelSale, ScheduleSale } from '#domain/auctions/sale/commands.ts';
import { AuctionCalledOff, SaleCancelled, SaleScheduled } from '#domain/auctions/sale/events.ts';

/** Was taken as a title and as a cause, and is no more. */
const TURNED = 'a watch\u202e';

const fieldsOf = (data: object, schema: { readonly shape: object }) =>
  Object.entries(schema.shape as Record<string, { safeParse(text: string): { success: boolean } }>).flatMap(
    ([name, field]) => (name in data ? [[name, field.safeParse(TURNED).success]] : []),
  );

test('a text that was taken before is read for ever, and is not taken again', () => {
  const described = { title: '', description: '' };
  const [isRead, isTaken] = [true, false];
  for (const { schema } of [LotConsigned, LotAmended, LotOffered, AuctionScheduled, SaleScheduled])
    assert.deepEqual(fieldsOf(described, schema), [
      ['title', isRead],
      ['description', isRead],
    ]);
  for (const { schema } of [LotWithdrawn, AuctionCancelled, AuctionCalledOff, SaleCancelled])
    assert.deepEqual(fieldsOf({ cause: '' }, schema), [['cause', isRead]]);
  for (const { schema } of [ConsignLot, AmendLot, ScheduleSale])
    assert.deepEqual(fieldsOf(described, schema), [
      ['title', isTaken],
      ['description', isTaken],
    ]);
  for (const { schema } of [WithdrawLot, CancelAuction, CancelSale])
    assert.deepEqual(fieldsOf({ cause: '' }, schema), [['cause', isTaken]]);
});
