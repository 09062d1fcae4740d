import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import {
  TopUpConfirmed,
  TopUpExpired,
  TopUpInitiated,
  TopUpRequiresAction,
} from '#domain/wallets/payment/messages.ts';
import { FundsReserved, HoldCommitted } from '#domain/wallets/wallet/messages.ts';
import { holdExpiry } from '#sagas/wallets/hold-expiry.ts';
import { topUpExpiry } from '#sagas/wallets/top-up.ts';
import { NOW, recorded, stepping } from '#test/support/given.ts';

const ann = { person: 'ann', currency: 'USD' };
const balance = { available: 0n, held: 5n };

const reserved = (purpose: 'bid' | 'withdrawal', expiry: { expiresAt?: string }) =>
  FundsReserved({
    ...{ ...ann, holdId: 'h', claimId: 'c', purpose, amount: 5n, held: 5n, postings: [], balance },
    ...expiry,
  });

test('a hold with an expiry is released then, unless it is committed first', () => {
  const event = reserved('withdrawal', { expiresAt: NOW });
  assert.equal(holdExpiry.instanceOf(recorded(event)), 'ann:USD:h');
  const given = () => {
    const instance = stepping(holdExpiry);
    assert.deepEqual(instance.event(event)?.timers, [{ name: 'expiry', at: NOW }]);
    return instance;
  };
  assert.deepEqual(given().timer('expiry')?.sends?.[0]?.command, {
    command: 'ReleaseHold',
    data: { ...ann, holdId: 'h', reason: 'expired' },
  });
  const over = given().event(HoldCommitted({ ...ann, holdId: 'h', purpose: 'withdrawal', held: 5n }));
  assert.deepEqual([over?.done, over?.cancels], [true, ['expiry']]);
});

test('a bid’s hold has no instance', () => {
  assert.equal(holdExpiry.instanceOf(recorded(reserved('bid', {}))), undefined);
});

const terms = { ...ann, paymentId: 'p', amount: 5n };
const shown = { ...terms, provider: 'simulated', url: 'https://pay.example/t' };
const expire = { command: 'ExpireTopUp', data: { paymentId: 'p' } };

test('a payment that nobody confirms expires, unless its confirmation comes first', () => {
  const given = () => {
    const instance = stepping(topUpExpiry);
    const waiting = instance.event(TopUpRequiresAction({ ...shown, expiresAt: NOW }));
    assert.deepEqual(waiting?.timers, [{ name: 'expiry', at: NOW }]);
    return instance;
  };
  assert.deepEqual(given().timer('expiry')?.sends?.[0]?.command, expire);
  const paid = TopUpConfirmed({ ...terms, provider: 'simulated', movement: 'p', postings: [] });
  assert.equal(given().event(paid)?.done, true);
  assert.equal(stepping(topUpExpiry).event(paid), undefined);
});

test('a payment that the provider does not answer for expires when its time to begin is over; its page has a time of its own', () => {
  const given = () => {
    const instance = stepping(topUpExpiry);
    const waiting = instance.event(TopUpInitiated({ ...terms, expiresAt: NOW }));
    assert.deepEqual(waiting?.timers, [{ name: 'expiry', at: NOW }]);
    return instance;
  };
  assert.deepEqual(given().timer('expiry')?.sends?.[0]?.command, expire);
  const until = later(NOW, 1_000);
  const page = given().event(TopUpRequiresAction({ ...shown, expiresAt: until }));
  assert.deepEqual(page?.timers, [{ name: 'expiry', at: until }]);
  assert.equal(given().event(TopUpExpired(terms))?.done, true);
  // Of the first payments, which say no time, it knows nothing before they have a page.
  assert.equal(stepping(topUpExpiry).event(TopUpInitiated(terms)), undefined);
});
