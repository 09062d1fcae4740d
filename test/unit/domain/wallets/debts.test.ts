import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import {
  CloseWallet,
  CreditWallet,
  IncurDebt,
  RequestTopUp,
  Transfer,
  Withdraw,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, otto, person } from '#test/support/given.ts';
import {
  ann,
  capture,
  credit,
  currency,
  end,
  history,
  line,
  open,
  release,
  reserve,
} from '#test/support/wallets.ts';

const byOtto = { actor: otto };
const owe = (amount: bigint, movement = 'back') => IncurDebt({ ...ann, amount, movement });

test('what went back outside is taken out of what is available, and the rest is owed; each movement once', () => {
  assert.equal(line(history(open, credit(9n)), owe(5n)), 'DebtIncurred 9+0, DebtPaid 4+0');
  assert.equal(line(history(open, credit(3n)), owe(5n)), 'DebtIncurred 3+0, DebtPaid 0+0');
  assert.equal(line(history(open, credit(3n), owe(5n)), owe(5n)), '');
  assert.equal(line([], owe(5n)), 'DebtIncurred 0+0');
  const [, paid] = eventsOf(decideOn(wallet, history(open, credit(3n)), owe(5n)));
  assert.deepEqual((paid as { data: { postings?: unknown; owed?: bigint } }).data.postings, [
    { account: 'wallet:ann:USD:available', amount: -3n },
    { account: 'receivable:ann:USD', amount: 3n },
  ]);
  assert.equal((paid as { data: { owed?: bigint } }).data.owed, 2n);
});

test('while something is owed nothing leaves the wallet, and what is held stays held and is captured', () => {
  const inDebt = history(open, credit(9n), reserve('a', 6n), owe(5n));
  const send = Transfer({ to: 'bob', amount: 1n, currency });
  assert.equal(line(inDebt, send), 'TransferRefused debt_outstanding');
  assert.equal(line(inDebt, Withdraw({ amount: 1n, currency })), 'WithdrawalRefused debt_outstanding');
  assert.equal(line(inDebt, reserve('b', 1n)), 'FundsRefused debt_outstanding');
  assert.equal(line(inDebt, CloseWallet({ currency })), 'debt_outstanding');
  assert.equal(line(inDebt, capture(6n)), 'FundsCaptured 0+0');
  assert.equal(line(inDebt, RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
});

test('credits and what is released pay first, as far as something is owed', () => {
  const inDebt = history(open, credit(9n), reserve('a', 9n), owe(5n));
  assert.equal(line(inDebt, end('a')), 'ClaimEnded outbid hold 0 9+0, DebtPaid 4+0');
  assert.equal(line(inDebt, release()), 'FundsReleased unsold 9+0, DebtPaid 4+0');
  assert.equal(line(inDebt, capture(7n)), 'FundsCaptured 2+0, DebtPaid 0+0');
  assert.equal(line(inDebt, credit(3n, 'n')), 'FundsCredited top_up 3+9, DebtPaid 0+9');
});

test('a credit that the wallet cannot take pays what is owed, and only the rest is refused; a transfer goes back whole', () => {
  assert.equal(line(history(owe(5n)), credit(3n)), 'DebtPaid 0+0');
  assert.equal(line(history(owe(5n)), credit(7n)), 'DebtPaid 0+0, CreditRefused wallet_not_open 0+0');
  assert.equal(line(history(owe(5n), credit(7n)), credit(7n)), 'credit_over');
  const [, refused] = eventsOf(decideOn(wallet, history(owe(5n)), credit(7n)));
  assert.equal((refused as { data: { amount?: bigint } }).data.amount, 2n);
  const sent = CreditWallet({ ...ann, amount: 7n, movement: 't', reason: 'transfer', from: 'bob' });
  assert.equal(line(history(owe(5n)), sent), 'CreditRefused wallet_not_open 0+0');
});

test('a debt in another currency keeps the money in as well', () => {
  const precondition = { owed: 3n, currency: 'EUR' } as never;
  const funded = history(open, credit(9n));
  const send = Transfer({ to: 'bob', amount: 1n, currency });
  assert.equal(line(funded, send, { precondition }), 'TransferRefused debt_outstanding');
  assert.equal(
    line(funded, Withdraw({ amount: 1n, currency }), { precondition }),
    'WithdrawalRefused debt_outstanding',
  );
  assert.equal(line(funded, reserve('a', 1n), { precondition }), 'FundsRefused debt_outstanding');
  assert.equal(line(history(open), CloseWallet({ currency }), { precondition }), 'debt_outstanding');
});

test('the house may give up what is owed, and bears the loss', () => {
  const giveUp = WriteOffDebt({ ...ann, cause: 'too_small' });
  const [off] = eventsOf(decideOn(wallet, history(owe(5n)), giveUp, byOtto));
  assert.deepEqual((off as { data: { postings?: unknown } }).data.postings, [
    { account: 'platform:losses:USD', amount: -5n },
    { account: 'receivable:ann:USD', amount: 5n },
  ]);
  const after = [...history(owe(5n)), ...(off === undefined ? [] : [off])];
  assert.equal(line(after, giveUp, byOtto), 'nothing_owed');
});

test('nobody gives up for the house what they owe themselves, with whatever token', () => {
  const giveUp = WriteOffDebt({ ...ann, cause: 'too_small' });
  for (const roles of [['clerk'], ['auctioneer', 'bidder']] as const)
    assert.equal(line(history(owe(5n)), giveUp, { actor: person('ann', roles) }), 'own_affair');
});

/** What a wallet made of a command, with amounts. */
const made = (past: Parameters<typeof decideOn>[1], command: Parameters<typeof decideOn>[2]): string =>
  eventsOf(decideOn(wallet, past, command))
    .map(({ type, data }) => `${type} ${(data as { amount?: bigint }).amount}`)
    .join(', ');

test('what comes back of a payment whose debt was written off makes up for the loss first, and only then is the person’s', () => {
  const giveUp = [WriteOffDebt({ ...ann, cause: 'too_small' }), byOtto] as const;
  const by = (paymentId: string, amount: bigint) =>
    IncurDebt({ ...ann, amount, movement: `back of ${paymentId}`, paymentId });
  const comes = (paymentId: string, amount: bigint, movement = 'm') =>
    CreditWallet({ ...ann, amount, movement, reason: 'payout_returned', paymentId });
  const lost = history(open, by('p', 5n), giveUp);
  assert.equal(made(lost, comes('p', 3n)), 'LossRecovered 3');
  assert.equal(made(history(open, by('p', 5n), giveUp, comes('p', 3n)), comes('p', 3n)), '');
  assert.equal(made(lost, comes('p', 7n)), 'LossRecovered 5, FundsCredited 2');
  const [back] = eventsOf(decideOn(wallet, lost, comes('p', 3n)));
  assert.deepEqual((back as { data: { postings?: unknown } }).data.postings, [
    { account: 'clearing:m:USD', amount: -3n },
    { account: 'platform:losses:USD', amount: 3n },
  ]);
  const recovered = history(open, by('p', 5n), giveUp, comes('p', 5n, 'n'));
  assert.equal(made(recovered, comes('p', 7n)), 'FundsCredited 7');
  // Forgiven is forgiven: other money is the person's. The first part of a payment moves under its id.
  assert.equal(made(lost, credit(7n)), 'FundsCredited 7');
  assert.equal(made(lost, comes('q', 7n)), 'FundsCredited 7');
  assert.equal(made(lost, credit(7n, 'p')), 'LossRecovered 5, FundsCredited 2');
  // Where no wallet can take the rest, and before what is owed by other payments.
  assert.equal(made(history(by('p', 5n), giveUp), comes('p', 7n)), 'LossRecovered 5, CreditRefused 2');
  const owing = history(open, by('p', 5n), giveUp, by('q', 4n));
  assert.equal(made(owing, comes('p', 7n)), 'LossRecovered 5, FundsCredited 2, DebtPaid 2');
});

test('only what was written off is lost: money pays the debt of its own payment first, then the oldest', () => {
  const giveUp = [WriteOffDebt({ ...ann, cause: 'too_small' }), byOtto] as const;
  const by = (paymentId: string, amount: bigint) =>
    IncurDebt({ ...ann, amount, movement: `back of ${paymentId}`, paymentId });
  const comes = (paymentId: string, amount: bigint, movement: string) =>
    CreditWallet({ ...ann, amount, movement, reason: 'reinstated', paymentId });
  const ofSecond = history(open, by('p', 5n), by('q', 4n), comes('q', 4n, 'm'), giveUp);
  assert.equal(made(ofSecond, comes('q', 9n, 'n')), 'FundsCredited 9');
  assert.equal(made(ofSecond, comes('p', 9n, 'n')), 'LossRecovered 5, FundsCredited 4');
  const ofOther = history(open, by('p', 5n), by('q', 4n), credit(6n), giveUp);
  assert.equal(made(ofOther, comes('p', 9n, 'n')), 'FundsCredited 9');
  assert.equal(made(ofOther, comes('q', 9n, 'n')), 'LossRecovered 3, FundsCredited 6');
});
