import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EraseMe } from '#domain/accounts/account/messages.ts';
import { ClaimMoney, DischargeUnclaimed, PayOutUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import { CloseWallet, OpenWallet, Transfer, Withdraw } from '#domain/wallets/wallet/messages.ts';
import type { PaymentDocument } from '#projections/wallets/documents.ts';
import { person } from '#test/support/given.ts';
import { ann, bob, otto, refusedWith, Saleroom, sam, textIn } from '#test/support/saleroom.ts';

// Money in, out and between people, in the running platform with the provider and its notices.

const currency = 'USD';
const withdraw = Withdraw({ amount: 60_00n, currency });

/** The payment of the last withdrawal. */
const payoutOf = async ({ deployment }: Saleroom): Promise<string> =>
  textIn(
    (await deployment.everything()).findLast(({ type }) => type === 'PayoutInitiated')?.data,
    'paymentId',
  );

/** Where the money of a payment has arrived. */
const arrivedOf = async ({ deployment }: Saleroom, paymentId: string): Promise<unknown> =>
  ((await deployment.see('payments', paymentId)) as Partial<PaymentDocument>).creditedTo;

test('a withdrawal is held, submitted, paid and settled', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann);
  await room.deployment.done(withdraw, ann);
  await room.deployment.settle();
  const paymentId = await payoutOf(room);
  const walk = ['PayoutInitiated', 'PayoutSubmitted', 'PayoutPaid', 'PayoutSettled'];
  assert.deepEqual(await room.deployment.types(`payment-${paymentId}`), walk);
  const { balances, held } = await room.audited();
  assert.deepEqual(held, {});
  assert.equal(balances['wallet:ann:USD:available'], 40_00n);
  assert.equal(balances['provider:simulated:USD'], -40_00n);
  assert.equal(textIn(await room.deployment.see('payments', paymentId), 'status'), 'settled');
  assert.equal(textIn(await room.deployment.see('holds', `ann:USD:${paymentId}`), 'status'), 'captured');
});

test('a withdrawal that the provider declines is released', async (t) => {
  const room = await Saleroom.open(t, {
    declines: ({ amount }) => (amount === 60_00n ? 'no such account' : undefined),
  });
  await room.fund(ann);
  await room.deployment.done(withdraw, ann);
  await room.deployment.settle();
  const paymentId = await payoutOf(room);
  assert.deepEqual(await room.deployment.types(`payment-${paymentId}`), ['PayoutInitiated', 'PayoutFailed']);
  assert.deepEqual((await room.deployment.types('wallet-ann:USD')).slice(-2), [
    'HoldCommitted',
    'FundsReleased',
  ]);
  assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
  assert.equal((await room.audited()).balances['provider:simulated:USD'], -100_00n);
});

test('a withdrawal that failed and was paid all the same is owed, out of what was released', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann);
  const deliver = room.deployment.delayNotices();
  await room.deployment.done(withdraw, ann);
  await room.deployment.settle();
  const paymentId = await payoutOf(room);
  const notice = { noticeId: 'n1', paymentId, outcome: 'payout_failed', amount: 60_00n, currency } as const;
  assert.equal(await room.deployment.tell(notice), true);
  assert.equal(await room.deployment.tell(notice), true);
  await room.deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
  deliver();
  await room.deployment.reached(`payment-${paymentId}`, 'PayoutUnfunded');
  await room.deployment.settle();
  const walk = ['PayoutInitiated', 'PayoutSubmitted', 'PayoutFailed', 'PayoutUnfunded'];
  assert.deepEqual(await room.deployment.types(`payment-${paymentId}`), walk);
  assert.deepEqual(await room.balance(ann), { available: '4000', held: '0' });
  assert.equal((await room.audited()).balances['provider:simulated:USD'], -40_00n);
});

test('a transfer arrives, once', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann, bob);
  const transfer = Transfer({ to: bob.id, amount: 30_00n, currency });
  for (const _ of [1, 2]) await room.deployment.done(transfer, ann, 't1');
  await room.deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '7000', held: '0' });
  assert.deepEqual(await room.balance(bob), { available: '13000', held: '0' });
  await room.audited();
});

test('a transfer to a closed wallet comes back, once', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann);
  await room.deployment.done(OpenWallet({ currency }), bob);
  await room.deployment.done(CloseWallet({ currency }), bob);
  await room.deployment.done(Transfer({ to: bob.id, amount: 30_00n, currency }), ann, 't1');
  await room.deployment.settle();
  await room.deployment.restart({ kill: true, loseViews: true });
  await room.deployment.settle();
  assert.deepEqual(await room.deployment.types('wallet-bob:USD'), [
    'WalletOpened',
    'WalletClosed',
    'CreditRefused',
  ]);
  assert.deepEqual((await room.deployment.types('wallet-ann:USD')).slice(-2), [
    'TransferSent',
    'FundsCredited',
  ]);
  assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
  await room.audited();
});

test('a transfer between two closed wallets is owed to its sender, whom staff pay when a wallet is open', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann);
  const held = room.deployment.process.holdBack(({ stream }) => stream === 'wallet-bob:USD');
  await room.deployment.done(Transfer({ to: bob.id, amount: 100_00n, currency }), ann);
  await held.reached;
  await room.deployment.done(CloseWallet({ currency }), ann);
  held.release();
  await room.deployment.settle();
  assert.deepEqual(await room.deployment.types('wallet-bob:USD'), ['CreditRefused']);
  assert.equal((await room.deployment.types('wallet-ann:USD')).at(-1), 'CreditRefused');
  const { balances } = await room.audited();
  assert.equal(balances['unclaimed:ann:USD'], 100_00n);
  assert.equal(balances['wallet:ann:USD:available'], 0n);
  // A payout that the closed wallet refuses comes back to her, by a movement of its own each time.
  const pay = PayOutUnclaimed({ person: ann.id, currency, amount: 60_00n });
  for (const _ of [1, 2]) {
    await room.deployment.done(pay, otto);
    await room.deployment.settle();
    assert.equal((await room.audited()).balances['unclaimed:ann:USD'], 100_00n);
  }
  assert.equal(
    refusedWith(await room.deployment.process.send(ClaimMoney({ currency }), bob)),
    'nothing_unclaimed',
  );
  await room.deployment.done(OpenWallet({ currency }), ann);
  await room.deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
  assert.equal((await room.audited()).balances['unclaimed:ann:USD'], 0n);
});

test('a payment that comes for a closed wallet is owed to the person, and one that nobody knows is kept', async (t) => {
  const room = await Saleroom.open(t);
  await room.deployment.done(OpenWallet({ currency }), sam);
  const paymentId = await room.beginTopUp(sam, 50_00n);
  const close = CloseWallet({ currency });
  assert.equal(refusedWith(await room.deployment.process.send(close, sam)), 'payment_under_way');
  const declined = { noticeId: 'n0', paymentId, outcome: 'top_up_failed', amount: 50_00n, currency } as const;
  assert.equal(await room.deployment.tell(declined), true);
  await room.deployment.settle();
  await room.deployment.done(close, sam);
  await room.confirmTopUps();
  await room.deployment.restart({ kill: true });
  await room.confirmTopUps();
  assert.equal((await room.deployment.types(`payment-${paymentId}`)).at(-1), 'TopUpConfirmed');
  const unknown = { noticeId: 'n1', paymentId: 'nobodys', amount: 1n, currency } as const;
  assert.equal(await room.deployment.tell({ ...unknown, outcome: 'top_up_confirmed' }), true);
  await room.deployment.settle();
  assert.deepEqual(await room.deployment.types('payment-nobodys'), ['NoticeRefused']);
  assert.deepEqual((await room.audited()).balances, {
    'provider:simulated:USD': -50_00n,
    'unclaimed:sam:USD': 50_00n,
  });
  assert.deepEqual(await arrivedOf(room, paymentId), [{ to: 'unclaimed', amount: 50_00n }]);
});

test('a payment that comes in parts says of each part where it arrived', async (t) => {
  const room = await Saleroom.open(t);
  await room.deployment.done(OpenWallet({ currency }), sam);
  const paymentId = await room.beginTopUp(sam, 500_00n);
  const tell = async (noticeId: string, amount: bigint): Promise<void> => {
    const notice = { noticeId, paymentId, outcome: 'top_up_confirmed', amount, currency } as const;
    assert.equal(await room.deployment.tell(notice), true);
    await room.deployment.settle();
  };
  await tell('n1', 300_00n);
  await room.deployment.done(Withdraw({ amount: 300_00n, currency }), sam);
  await room.deployment.settle();
  await room.deployment.done(CloseWallet({ currency }), sam);
  await tell('n2', 500_00n);
  assert.equal((await room.audited()).balances['unclaimed:sam:USD'], 200_00n);
  assert.deepEqual(await arrivedOf(room, paymentId), [
    { to: 'wallet', amount: 300_00n },
    { to: 'unclaimed', amount: 200_00n },
  ]);
  // What was paid out of it and never reached the bank is owed; a further part pays it, as no wallet is open.
  const payout = await payoutOf(room);
  const more = {
    noticeId: 'n3',
    paymentId: payout,
    outcome: 'payout_paid',
    amount: 600_00n,
    currency,
  } as const;
  assert.equal(await room.deployment.tell(more), true);
  await room.deployment.settle();
  await tell('n4', 550_00n);
  assert.deepEqual(await arrivedOf(room, paymentId), [
    { to: 'wallet', amount: 300_00n },
    { to: 'unclaimed', amount: 200_00n },
    { to: 'debt', amount: 50_00n },
  ]);
});

test('a payout that comes back from the bank is credited again', async (t) => {
  const room = await Saleroom.open(t);
  await room.fund(ann);
  await room.deployment.done(withdraw, ann);
  await room.deployment.settle();
  const paymentId = await payoutOf(room);
  const back = { noticeId: 'n1', paymentId, outcome: 'payout_returned', amount: 60_00n, currency } as const;
  assert.equal(await room.deployment.tell(back), true);
  await room.deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
  assert.equal((await room.audited()).balances['provider:simulated:USD'], -100_00n);
});

test('what comes back to who has left is given out by an administrator, and the books know it', async (t) => {
  const room = await Saleroom.open(t);
  const { deployment } = room;
  await room.register(ann);
  await room.fund(ann);
  const all = 100_00n;
  await deployment.done(Withdraw({ amount: all, currency }), ann);
  await deployment.settle();
  await deployment.done(CloseWallet({ currency }), ann);
  const ada = person('ada', ['admin']);
  const out = {
    person: ann.id,
    currency,
    amount: all,
    how: 'paid_to_claimant',
    reference: '2026/7',
  } as const;
  const refused = async (over: object = {}) =>
    refusedWith(await deployment.process.send(DischargeUnclaimed({ ...out, ...over }), ada));
  assert.equal(await refused(), 'owner_stays');
  await deployment.done(EraseMe({ forGood: true }), ann);
  assert.equal(await refused(), 'nothing_unclaimed');
  await room.returnPayout(all);
  assert.equal(await refused({ amount: all - 1n }), 'unclaimed_differs');
  await deployment.done(DischargeUnclaimed(out), ada);
  assert.equal(await refused(), 'nothing_unclaimed');
  await deployment.settle();
  const { balances } = await room.audited();
  assert.equal(balances['unclaimed:ann:USD'], 0n);
  assert.equal(balances['outside:paid_to_claimant:USD'], all);
  const seen = await deployment.see('unclaimed', 'ann:USD');
  assert.deepEqual([textIn(seen, 'discharged'), textIn(seen, 'reference')], [out.how, out.reference]);
  assert.partialDeepStrictEqual(await deployment.see('platform-accounts', 'outside:paid_to_claimant:USD'), {
    ...{ owner: 'outside', account: out.how, balance: all },
  });
  const ledger = await deployment.see('ledger', currency);
  assert.partialDeepStrictEqual(ledger, { unclaimed: 0n, outside: all, providers: -all, total: 0n });
});
