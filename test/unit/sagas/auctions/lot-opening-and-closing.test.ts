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
import { recorded } from '#test/support/given.ts';

const id = { auctionId: 'a1' };

test('an auction is opened and closed at its times', () => {
  const { initial } = lotOpeningAndClosing;
  const scheduled = lotOpeningAndClosing.onEvent(initial, recorded(AuctionScheduled(terms)));
  assert.deepEqual(scheduled?.timers, [{ name: 'opening', at: terms.opensAt }]);
  const opening = lotOpeningAndClosing.onTimer(scheduled.state, 'opening', terms.opensAt);
  assert.deepEqual(opening?.sends?.[0]?.command, OpenAuction(id));
  const opened = lotOpeningAndClosing.onEvent(opening.state, recorded(AuctionOpened(terms)));
  assert.deepEqual(opened?.timers, [{ name: 'closing', at: terms.endsAt }]);
  assert.deepEqual(opened.cancels, ['opening']);
  const closing = lotOpeningAndClosing.onTimer(opened.state, 'closing', terms.endsAt);
  assert.deepEqual(closing?.sends?.[0]?.command, CloseLot(id));
  assert.equal(lotOpeningAndClosing.onEvent(closing.state, recorded(LotClosing(id)))?.done, true);
  const passed = recorded(LotPassed({ ...id, lotId: 'l1', currency: 'USD', cause: 'never_opened' }));
  assert.equal(lotOpeningAndClosing.onEvent(opening.state, passed)?.done, true);
});
