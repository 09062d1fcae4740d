import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Actor } from '#domain/kernel/actor.ts';
import type { Command } from '#domain/kernel/message.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import {
  CloseWallet,
  OpenWallet,
  RequestTopUp,
  Transfer,
  Withdraw,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  otto,
  refusedWith,
  Saleroom,
  sam,
  textIn,
  usd,
} from '#test/support/saleroom.ts';

// What people owe because their bank took back what they had paid in, in the running platform.

const currency = 'USD';
type Outcome = PaymentNotice['outcome'];

/** Ann, who has 100.00 in dollars and in euros. */
async function givenTwoCurrencies(t: TestContext): Promise<{ room: Saleroom; paymentId: string }> {
  const room = await Saleroom.open(t);
  await room.fund(ann, bob);
  await room.deployment.done(OpenWallet({ currency: 'EUR' }), ann);
  await room.deployment.done(RequestTopUp({ amount: 100_00n, currency: 'EUR' }), ann);
  await room.deployment.settle();
  await room.confirmTopUps();
  const dollars = (await room.deployment.everything()).find(
    ({ type, data }) => type === 'TopUpConfirmed' && data.person === 'ann' && data.currency === 'USD',
  );
  return { room, paymentId: textIn(dollars?.data, 'paymentId') };
}

test('a pay-in that the bank takes back is owed: nothing leaves in any currency until it is paid', async (t) => {
  const { room, paymentId } = await givenTwoCurrencies(t);
  const { deployment } = room;
  await deployment.done(Transfer({ to: bob.id, amount: 70_00n, currency }), ann);
  await deployment.settle();
  const back = { noticeId: 'n1', paymentId, outcome: 'top_up_charged_back', amount: 100_00n } as const;
  for (const _ of [1, 2]) assert.equal(await deployment.tell({ ...back, currency }), true);
  await deployment.settle();
  const { balances } = await room.audited();
  assert.equal(balances['receivable:ann:USD'], -70_00n);
  assert.equal(balances['provider:simulated:USD'], -100_00n);
  const refused = async (command: Command) => refusedWith(await deployment.process.send(command, ann));
  const euros = { amount: 1_00n, currency: 'EUR' };
  assert.equal(await refused(Transfer({ ...euros, to: bob.id })), 'debt_outstanding');
  assert.equal(await refused(Withdraw(euros)), 'debt_outstanding');
  assert.equal(await refused(CloseWallet({ currency: 'EUR' })), 'debt_outstanding');
  // What comes pays first, and what is beyond it is hers.
  await deployment.done(Transfer({ to: ann.id, amount: 90_00n, currency }), bob);
  await deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '2000', held: '0' });
  assert.equal((await room.audited()).balances['receivable:ann:USD'], 0n);
  await deployment.done(Withdraw(euros), ann);
  await deployment.settle();
  await room.audited();
});

test('staff write off what is owed, and then money leaves again', async (t) => {
  const { room, paymentId } = await givenTwoCurrencies(t);
  const { deployment } = room;
  await deployment.done(Withdraw({ amount: 100_00n, currency }), ann);
  await deployment.settle();
  const back = { noticeId: 'n1', paymentId, outcome: 'top_up_returned', amount: 30_00n } as const;
  assert.equal(await deployment.tell({ ...back, currency }), true);
  await deployment.settle();
  const seen = await deployment.see('debts', 'ann:USD');
  assert.equal(textIn(seen, 'person'), 'ann');
  await deployment.done(WriteOffDebt({ person: ann.id, currency, cause: 'too_small' }), otto);
  await deployment.settle();
  await deployment.done(Withdraw({ amount: 1_00n, currency: 'EUR' }), ann);
  await deployment.settle();
  const { balances } = await room.audited();
  assert.deepEqual([balances['platform:losses:USD'], balances['receivable:ann:USD']], [-30_00n, 0n]);
});

test('what the bank brings back of a payment whose debt was written off is the house’s before it is the person’s', async (t) => {
  const { room, paymentId } = await givenTwoCurrencies(t);
  const { deployment } = room;
  await deployment.done(Withdraw({ amount: 100_00n, currency }), ann);
  await deployment.settle();
  const payout = (await deployment.everything()).find(({ type }) => type === 'PayoutInitiated');
  const payoutId = textIn(payout?.data, 'paymentId');
  const giveUp = async (): Promise<void> => {
    await deployment.settle();
    await deployment.done(WriteOffDebt({ person: ann.id, currency, cause: 'too_small' }), otto);
    await deployment.settle();
  };
  const says = async (noticeId: string, said: { paymentId: string; outcome: Outcome; amount: bigint }) => {
    assert.equal(await deployment.tell({ ...said, noticeId, currency }), true);
    await deployment.settle();
  };
  // More was paid out than was held, and comes back.
  await says('n1', { paymentId: payoutId, outcome: 'payout_paid', amount: 110_00n });
  await giveUp();
  assert.equal((await room.audited()).balances['platform:losses:USD'], -10_00n);
  await says('n2', { paymentId: payoutId, outcome: 'payout_returned', amount: 10_00n });
  assert.equal((await room.audited()).balances['platform:losses:USD'], 0n);
  assert.deepEqual(await room.balance(ann), { available: '0', held: '0' });
  // What she has spent is taken back, and more of the same payment comes.
  await says('n3', { paymentId, outcome: 'top_up_charged_back', amount: 100_00n });
  await giveUp();
  assert.partialDeepStrictEqual(await deployment.see('debts', 'ann:USD'), { owed: 0n, lost: 100_00n });
  await says('n4', { paymentId, outcome: 'top_up_confirmed', amount: 130_00n });
  assert.partialDeepStrictEqual(await deployment.see('debts', 'ann:USD'), { owed: 0n, lost: 70_00n });
  await says('n5', { paymentId, outcome: 'top_up_reinstated', amount: 90_00n });
  assert.equal((await room.audited()).balances['platform:losses:USD'], 0n);
  assert.deepEqual(await room.balance(ann), { available: '2000', held: '0' });
});

/** The bank takes back all that a person has paid in, in dollars. */
async function chargeBack({ deployment }: Saleroom, who: Actor): Promise<void> {
  const paidIn = (await deployment.everything()).find(
    ({ type, data }) => type === 'TopUpConfirmed' && data.person === who.id && data.currency === currency,
  );
  const paymentId = textIn(paidIn?.data, 'paymentId');
  const back = { noticeId: `n-${who.id}`, paymentId, outcome: 'top_up_charged_back' } as const;
  assert.equal(await deployment.tell({ ...back, amount: 100_00n, currency }), true);
}

test('money of a dispute that is won is here again: it pays what is owed for it, and the rest is the person’s', async (t) => {
  const { room, paymentId } = await givenTwoCurrencies(t);
  const { deployment } = room;
  await deployment.done(Transfer({ to: bob.id, amount: 70_00n, currency }), ann);
  await deployment.settle();
  const said = { paymentId, amount: 100_00n, currency } as const;
  assert.equal(await deployment.tell({ ...said, noticeId: 'n1', outcome: 'top_up_charged_back' }), true);
  await deployment.settle();
  assert.equal((await room.audited()).balances['receivable:ann:USD'], -70_00n);
  for (const _ of [1, 2])
    assert.equal(await deployment.tell({ ...said, noticeId: 'n2', outcome: 'top_up_reinstated' }), true);
  await deployment.settle();
  const { balances } = await room.audited();
  assert.deepEqual([balances['receivable:ann:USD'], balances['provider:simulated:USD']], [0n, -200_00n]);
  assert.deepEqual(await room.balance(ann), { available: '3000', held: '0' });
  assert.partialDeepStrictEqual(await deployment.see('payments', paymentId), { reversed: 0n, unmatched: 0n });
});

test('every wallet knows of a debt before it is in its own', async (t) => {
  const { room } = await givenTwoCurrencies(t);
  const { deployment } = room;
  await deployment.done(Transfer({ to: bob.id, amount: 100_00n, currency }), ann);
  await deployment.settle();
  const held = deployment.process.holdBack(({ stream }) => stream === 'wallet-ann:USD');
  await chargeBack(room, ann);
  await held.reached;
  assert.deepEqual(await deployment.types('debtor-ann'), ['DebtExpected']);
  const transfer = Transfer({ to: bob.id, amount: 1_00n, currency: 'EUR' });
  const reply = await deployment.process.send(transfer, ann);
  assert.equal(refusedWith(reply), 'debt_outstanding');
  assert.deepEqual(reply.outcome === 'rejected' && reply.rejection.details, { owed: 100_00n, currency });
  held.release();
  await deployment.settle();
  assert.deepEqual(await deployment.types('debtor-ann'), ['DebtExpected', 'DebtNoted']);
  await room.audited();
});

test('who owes bids no more: the door says so in the words of the wallet, and what is held stays held', async (t) => {
  const room = await givenOpenAuction(t);
  const { deployment } = room;
  await room.bid(ann, 20_00n);
  await chargeBack(room, ann);
  await deployment.settle();
  assert.deepEqual(await room.balance(ann), { available: '0', held: '2200' });
  const before = await deployment.types('wallet-ann:USD');
  const reply = await room.bid(ann, 30_00n);
  assert.equal(refusedWith(reply), 'bid_not_funded');
  assert.deepEqual(reply.outcome === 'rejected' && reply.rejection.details, {
    ...{ needed: usd(33_00n), owed: 22_00n, owedIn: 'USD', cause: 'debt_outstanding' },
  });
  assert.equal((await deployment.types('participant-a1:ann')).at(-1), 'BidRejected');
  assert.deepEqual(await deployment.types('wallet-ann:USD'), before);
  await room.audited();
});

test('proceeds that a debt takes are told as what they are', async (t) => {
  const room = await givenOpenAuction(t);
  const { deployment } = room;
  await room.fund(sam);
  await deployment.done(Transfer({ to: bob.id, amount: 90_00n, currency }), sam);
  await room.bid(ann, 20_00n);
  await room.bid(bob, 30_00n);
  await chargeBack(room, sam);
  await deployment.advanceTo(endsAt);
  const { balances } = await room.audited();
  // He owed 90.00, and his are 20.50 less 1.03.
  assert.equal(balances['receivable:sam:USD'], -70_53n);
  const { status, paidTo, debtPaid, problem } = (await deployment.see('settlements', 'a1')) as Record<
    string,
    unknown
  >;
  assert.deepEqual(
    { status, paidTo, debtPaid, problem },
    {
      ...{ status: 'settled', paidTo: 'seller', debtPaid: usd(19_47n), problem: undefined },
    },
  );
});
