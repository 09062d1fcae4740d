import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import type { NewEvent } from '#domain/kernel/message.ts';
import {
  TopUpConfirmed,
  TopUpExpired,
  TopUpInitiated,
  TopUpRequiresAction,
} from '#domain/wallets/payment/messages.ts';
import { FundsReserved, HoldCommitted } from '#domain/wallets/wallet/messages.ts';
import { holdExpiry } from '#sagas/wallets/hold-expiry.ts';
import { topUpExpiry } from '#sagas/wallets/top-up.ts';
import { NOON } from '#test/support/deciding.ts';
import { MoneyWorld } from '#test/support/money-world.ts';

const world = new MoneyWorld();
const recorded = (event: NewEvent) => world.record(event, 'test-1', 0, 'Test');
const ann = { person: 'ann', currency: 'USD' };
const balance = { available: 0n, held: 5n };

const reserved = (purpose: 'bid' | 'withdrawal', expiry: { expiresAt?: string }) =>
  recorded(
    FundsReserved({
      ...ann,
      holdId: 'h',
      claimId: 'c',
      purpose,
      amount: 5n,
      held: 5n,
      postings: [],
      balance,
      ...expiry,
    }),
  );

test('a hold with an expiry is released then, unless it is committed first', () => {
  const event = reserved('withdrawal', { expiresAt: NOON });
  assert.equal(holdExpiry.instanceOf(event), 'ann:USD:h');
  const waiting = holdExpiry.onEvent(holdExpiry.initial, event);
  assert.deepEqual(waiting?.timers, [{ name: 'expiry', at: NOON }]);
  const fired = holdExpiry.onTimer(waiting?.state, 'expiry', NOON);
  assert.deepEqual(fired?.sends?.[0]?.command, {
    command: 'ReleaseHold',
    data: { ...ann, holdId: 'h', reason: 'expired' },
  });
  const committed = recorded(HoldCommitted({ ...ann, holdId: 'h', purpose: 'withdrawal', held: 5n }));
  const over = holdExpiry.onEvent(waiting?.state, committed);
  assert.deepEqual([over?.done, over?.cancels], [true, ['expiry']]);
});

test('a bid’s hold has no instance', () => {
  assert.equal(holdExpiry.instanceOf(reserved('bid', {})), undefined);
});

test('a payment that nobody confirms expires, unless its confirmation comes first', () => {
  const terms = { ...ann, paymentId: 'p', amount: 5n, provider: 'simulated' };
  const page = recorded(TopUpRequiresAction({ ...terms, url: 'https://pay.example/t', expiresAt: NOON }));
  const waiting = topUpExpiry.onEvent(topUpExpiry.initial, page);
  assert.deepEqual(waiting?.timers, [{ name: 'expiry', at: NOON }]);
  const fired = topUpExpiry.onTimer(waiting?.state, 'expiry', NOON);
  assert.deepEqual(fired?.sends?.[0]?.command, { command: 'ExpireTopUp', data: { paymentId: 'p' } });
  const paid = recorded(TopUpConfirmed({ ...terms, movement: 'p', postings: [] }));
  assert.equal(topUpExpiry.onEvent(waiting?.state, paid)?.done, true);
  assert.equal(topUpExpiry.onEvent(topUpExpiry.initial, paid), undefined);
});

test('a payment that the provider does not answer for expires when its time to begin is over; its page has a time of its own', () => {
  const terms = { ...ann, paymentId: 'p', amount: 5n };
  const begun = recorded(TopUpInitiated({ ...terms, expiresAt: NOON }));
  const waiting = topUpExpiry.onEvent(topUpExpiry.initial, begun);
  assert.deepEqual(waiting?.timers, [{ name: 'expiry', at: NOON }]);
  const fired = topUpExpiry.onTimer(waiting?.state, 'expiry', NOON);
  assert.deepEqual(fired?.sends?.[0]?.command, { command: 'ExpireTopUp', data: { paymentId: 'p' } });
  const until = later(NOON, 1_000);
  const shown = { ...terms, provider: 'simulated', url: 'https://pay.example/t', expiresAt: until };
  const page = topUpExpiry.onEvent(waiting?.state, recorded(TopUpRequiresAction(shown)));
  assert.deepEqual(page?.timers, [{ name: 'expiry', at: until }]);
  assert.equal(topUpExpiry.onEvent(waiting?.state, recorded(TopUpExpired(terms)))?.done, true);
  // Of the first payments, which say no time, it knows nothing before they have a page.
  assert.equal(topUpExpiry.onEvent(topUpExpiry.initial, recorded(TopUpInitiated(terms))), undefined);
});
