import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { walletLimits } from '#domain/wallets/wallet/limits.ts';
import { CommitHold, IncurDebt, ReserveFunds, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { decideOn, firstOf, NOW } from '#test/support/given.ts';
import { ann, capture, credit, currency, history, line, open, release } from '#test/support/wallets.ts';

const withdraw = (amount: bigint) => Withdraw({ amount, currency });
const dayLater = { now: later(NOW, walletLimits.withdrawalMs) };

test('a withdrawal holds under its own id, and is refused by an event', () => {
  const { holdId, claimId, purpose, expiresAt } = firstOf(
    decideOn(wallet, history(open, credit(9n)), withdraw(6n), { id: 'w' }),
  );
  assert.deepEqual(
    { holdId, claimId, purpose, expiresAt },
    {
      holdId: 'w',
      claimId: 'w',
      purpose: 'withdrawal',
      expiresAt: dayLater.now,
    },
  );
  assert.equal(line(history(open, credit(5n)), withdraw(6n)), 'WithdrawalRefused insufficient_funds');
  assert.equal(line([], withdraw(6n)), 'wallet_not_open');
});

test('a refused withdrawal succeeds after a top-up, as a new decision', () => {
  const refused = history(open, [withdraw(6n), { id: 'w1' }], credit(9n));
  assert.equal(line(refused, withdraw(6n), { id: 'w2' }), 'FundsReserved hold 6 3+6');
});

test('a withdrawal expires by time until it is committed', () => {
  const held = history(open, credit(9n), [withdraw(6n), { id: 'w' }]);
  assert.equal(line(held, release('expired', 'w')), 'not_yet');
  assert.equal(line(held, release('expired', 'w'), { now: later(dayLater.now, -1) }), 'not_yet');
  assert.equal(line(held, release('expired', 'w'), dayLater), 'FundsReleased expired 9+0');
  const commit = CommitHold({ ...ann, holdId: 'w' });
  assert.equal(line(held, commit), 'HoldCommitted hold 6');
  assert.equal(line(held, commit, { now: later(dayLater.now, -1) }), 'HoldCommitted hold 6');
  assert.equal(line(held, commit, dayLater), 'hold_over', 'what has not begun by its time never begins');
  const committed = history(open, credit(9n), [withdraw(6n), { id: 'w' }], commit);
  assert.equal(line(committed, commit), '');
  assert.equal(line(committed, commit, dayLater), '');
  assert.equal(line(committed, release('expired', 'w'), dayLater), 'hold_not_expired');
  assert.equal(line(committed, release('payout_failed', 'w')), 'FundsReleased payout_failed 9+0');
  assert.equal(
    line(history(open, credit(9n), [withdraw(6n), { id: 'w' }], release('payout_failed', 'w')), commit),
    'hold_over',
  );
  assert.equal(line(history(open), commit), 'hold_unknown');
});

test('a hold expires by time only where its command says when, whatever it is for', () => {
  const held = { ...ann, holdId: 'lot', claimId: 'a', amount: 1n };
  // A word that wallets have never heard of.
  const dated = ReserveFunds({ ...held, purpose: 'booking', expiresAt: NOW });
  assert.equal(
    line(history(open, credit(9n), dated), release('expired'), dayLater),
    'FundsReleased expired 9+0',
  );
  for (const purpose of ['booking', 'bid']) {
    const undated = history(open, credit(9n), ReserveFunds({ ...held, purpose }));
    assert.equal(line(undated, release('expired'), dayLater), 'hold_not_expired', purpose);
    assert.equal(line(undated, capture(1n)), 'FundsCaptured 8+0', purpose);
  }
});

test('a withdrawal of whoever has come to owe since does not begin: its money is released, and pays the debt', () => {
  const held = history(open, credit(9n), [withdraw(6n), { id: 'w' }]);
  const commit = CommitHold({ ...ann, holdId: 'w' });
  const precondition = { owed: 1n, currency: 'EUR' } as never;
  assert.equal(line(held, commit, { precondition }), 'FundsReleased debt_outstanding 9+0');
  const owe = IncurDebt({ ...ann, amount: 5n, movement: 'back' });
  const owing = history(open, credit(9n), [withdraw(6n), { id: 'w' }], owe);
  assert.match(line(owing, commit), /^FundsReleased debt_outstanding 6\+0, DebtPaid/);
  const bid = ReserveFunds({ ...ann, holdId: 'lot', claimId: 'a', amount: 6n, purpose: 'bid' });
  const commitBid = CommitHold({ ...ann, holdId: 'lot' });
  const reserved = history(open, credit(9n), bid);
  assert.equal(
    line(reserved, commitBid, { precondition }),
    'HoldCommitted hold 6',
    'what is held for bids stays',
  );
});
