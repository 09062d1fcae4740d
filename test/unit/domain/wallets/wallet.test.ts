import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { walletLimits } from '#domain/wallets/wallet/limits.ts';
import {
  CloseWallet,
  CreditWallet,
  EndTopUp,
  RequestTopUp,
  Transfer,
  Withdraw,
} from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, person } from '#test/support/given.ts';
import { after, ann, credit, currency, facts, history, line, open, reserve } from '#test/support/wallets.ts';

test('a wallet is opened once and closed when it is empty', () => {
  assert.equal(line([], open), 'WalletOpened');
  assert.equal(line(history(open), open), '');
  assert.equal(line(history(open), CloseWallet({ currency })), 'WalletClosed');
  assert.equal(line([], CloseWallet({ currency })), 'wallet_not_open', 'it never was');
  assert.equal(line(history(open, CloseWallet({ currency })), CloseWallet({ currency })), '');
  assert.equal(line(history(open, CloseWallet({ currency })), open), 'WalletOpened');
  assert.equal(line(history(open, credit(5n)), CloseWallet({ currency })), 'wallet_not_empty');
  assert.equal(
    line(history(open, credit(5n), reserve('a', 5n)), CloseWallet({ currency })),
    'wallet_not_empty',
  );
});

test('a top-up is only asked for: nothing is credited', () => {
  assert.equal(line([], RequestTopUp({ currency, amount: 5n })), 'wallet_not_open');
  assert.equal(line(history(open), RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
  const most = walletLimits.balance;
  assert.equal(line(history(open), RequestTopUp({ currency, amount: most + 1n })), 'balance_limit');
});

test('a wallet with a payment into it under way stays open until that has ended', () => {
  const asked = [open, RequestTopUp({ currency, amount: 5n })] as const;
  const close = CloseWallet({ currency });
  const ended = EndTopUp({ ...ann, paymentId: 'id-2' });
  assert.equal(line(history(...asked), close), 'payment_under_way');
  assert.equal(line(history(...asked), ended), 'TopUpEnded');
  assert.equal(line(history(...asked, ended), ended), '');
  assert.equal(line(history(...asked, ended), close), 'WalletClosed');
  assert.equal(line(history(...asked, credit(5n, 'id-2')), close), 'wallet_not_empty');
});

test('the limit of a wallet counts what is on its way in', () => {
  const most = walletLimits.balance;
  const half = [open, RequestTopUp({ currency, amount: most - 5n })] as const;
  assert.equal(line(history(...half), RequestTopUp({ currency, amount: 6n })), 'balance_limit');
  assert.equal(line(history(...half), RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
  assert.equal(line(history(...half), credit(6n)), 'CreditRefused balance_limit 0+0');
  // A payment that was asked for has its place.
  assert.equal(
    line(history(...half, credit(5n)), credit(most - 5n, 'id-2')),
    `FundsCredited top_up ${most}+0`,
  );
});

test('the payments into a wallet that are under way have a limit', () => {
  const asked = Array.from({ length: walletLimits.topUps }, () => RequestTopUp({ currency, amount: 1n }));
  assert.equal(line(history(open, ...asked), RequestTopUp({ currency, amount: 1n })), 'too_many_payments');
});

test('a credit counts once for its movement and reason, and is refused by an event', () => {
  assert.equal(line(history(open), credit(5n)), 'FundsCredited top_up 5+0');
  assert.equal(line(history(open, credit(5n)), credit(5n)), '');
  assert.equal(line(history(open, credit(5n)), credit(5n, 'n')), 'FundsCredited top_up 10+0');
  assert.equal(line([], credit(5n)), 'CreditRefused wallet_not_open 0+0');
  assert.equal(line(history(credit(5n), open), credit(5n)), 'credit_over');
  assert.equal(
    line(history(open, credit(walletLimits.balance)), credit(1n, 'n')),
    'CreditRefused balance_limit 1000000000000000+0',
  );
  const back = CreditWallet({ ...ann, amount: 1n, movement: 'n', reason: 'transfer_returned' });
  const full = walletLimits.balance;
  assert.equal(line(history(open, credit(full)), back), `FundsCredited transfer_returned ${full + 1n}+0`);
});

test('a transfer goes into clearing, to another person', () => {
  const send = Transfer({ to: 'bob', amount: 4n, currency });
  const [sent] = eventsOf(decideOn(wallet, history(open, credit(5n)), send, { id: 't' }));
  assert.deepEqual(sent?.data, {
    ...ann,
    to: 'bob',
    amount: 4n,
    movement: 't',
    postings: [
      { account: 'wallet:ann:USD:available', amount: -4n },
      { account: 'clearing:t:USD', amount: 4n },
    ],
    balance: { available: 1n, held: 0n },
  });
  assert.equal(line(history(open, credit(3n)), send), 'TransferRefused insufficient_funds');
  assert.equal(line(history(open, credit(5n)), Transfer({ to: 'ann', amount: 1n, currency })), 'own_wallet');
  assert.equal(line([], send), 'wallet_not_open');
});

test('a person acts on their own wallet: the stream comes from the one who asks', () => {
  assert.equal(Withdraw.streamOf({ currency, amount: 1n }, person('bob')), 'wallet-bob:USD');
  assert.equal(CreditWallet.streamOf(credit(1n).data, person('bob')), 'wallet-ann:USD');
});

test('a credit is decided once for ever, however many came behind it', () => {
  const credits = Array.from({ length: 3_000 }, (_, at) => credit(1n, `m-${at}`));
  const state = credits.reduce(
    (so, { data }) => after(so, eventsOf(wallet.decide.CreditWallet(data, so, facts))),
    after(wallet.initial, history(open)),
  );
  for (const { data } of [credits[0], credits[1_500]] as typeof credits)
    assert.deepEqual(wallet.decide.CreditWallet(data, state, facts), []);
  assert.equal(state.available, 3_000n);
});
