import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuctionOpened,
  AuctionScheduled,
  CloseLot,
  LotClosing,
  LotPassed,
  OpenAuction,
} from '#domain/auctions/auction/messages.ts';
import { lotOpeningAndClosing } from '#sagas/auctions/lot-opening-and-closing.ts';
import { terms } from '#test/support/auctions.ts';
import { stepping } from '#test/support/given.ts';

const id = { auctionId: 'a1' };

test('an auction is opened and closed at its times', () => {
  const instance = stepping(lotOpeningAndClosing);
  assert.deepEqual(instance.event(AuctionScheduled(terms))?.timers, [{ name: 'opening', at: terms.opensAt }]);
  assert.deepEqual(instance.timer('opening', terms.opensAt)?.sends?.[0]?.command, OpenAuction(id));
  const opened = instance.event(AuctionOpened(terms));
  assert.deepEqual(opened?.timers, [{ name: 'closing', at: terms.endsAt }]);
  assert.deepEqual(opened.cancels, ['opening']);
  assert.deepEqual(instance.timer('closing', terms.endsAt)?.sends?.[0]?.command, CloseLot(id));
  assert.equal(instance.event(LotClosing(id))?.done, true);
  const never = stepping(lotOpeningAndClosing);
  never.event(AuctionScheduled(terms));
  never.timer('opening', terms.opensAt);
  const passed = LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'never_opened' });
  assert.equal(never.event(passed)?.done, true);
});
