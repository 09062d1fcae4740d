import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consignor } from '#domain/auctions/consignor/decider.ts';
import { BeginSelling, EndSelling, SellingBegun, SellingEnded } from '#domain/auctions/consignor/messages.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import { decideOn, lineOf, stateOf } from '#test/support/given.ts';

const a1 = { person: 'sam', lotId: 'l1', auctionId: 'a1' };
/** Another lot that was promised to the same auction, which has one. */
const other = { ...a1, lotId: 'l2' };
const decided = (history: readonly NewEvent[], command: Parameters<typeof decideOn>[2]): string =>
  lineOf(decideOn(consignor, history, command));

test('a sale is under way from its beginning to its end, once, and beside others', () => {
  const begun = SellingBegun(a1);
  const ended = SellingEnded(a1);
  assert.equal(decided([], BeginSelling(a1)), 'SellingBegun');
  assert.equal(decided([begun], BeginSelling(a1)), '');
  assert.equal(decided([begun], EndSelling(a1)), 'SellingEnded');
  assert.equal(decided([begun, ended], EndSelling(a1)), '');
  assert.equal(decided([begun, ended], BeginSelling(a1)), '', 'it comes late, and is over');
  assert.equal(stateOf(consignor, [begun, SellingBegun(other)]).selling, 2);
  assert.equal(stateOf(consignor, [begun, SellingBegun(other), SellingEnded(other)]).selling, 1);
  assert.equal(stateOf(consignor, [begun, ended]).selling, 0);
});

test('what ends before it was noted that it begins never begins', () => {
  assert.equal(decided([], EndSelling(a1)), 'SellingEnded');
  const ended = SellingEnded(a1);
  assert.equal(stateOf(consignor, [ended]).selling, 0);
  assert.equal(decided([ended], BeginSelling(a1)), '');
  assert.equal(decided([ended], BeginSelling(other)), 'SellingBegun');
});
