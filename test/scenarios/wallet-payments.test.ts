import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { remindOfPayouts } from '#compose/forgotten-payments.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Command } from '#domain/kernel/message.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import { PaymentNotice as Notice } from '#domain/kernel/ports/payments.ts';
import { SIGNATURE_TOLERANCE_MS, sign } from '#domain/kernel/signature.ts';
import { HandleNotice } from '#domain/wallets/notice/messages.ts';
import { CloseWallet, RequestTopUp, Transfer, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { simulatedProvider } from '#engines/payments/simulated/provider.ts';
import { someone } from '#test/support/platform.ts';
import { BODY_BYTES } from '#write-side/rest/body.ts';
import { ann, bob, currency, givenPayments, noticeOf, open, secret, told } from './payments-on-port.ts';

test('a top-up is credited by the signed notice alone, and once', async (t) => {
  const platform = await givenPayments(t);
  await platform.send(open, ann);
  const { paymentId, url } = await platform.startTopUp(500n);
  assert.match(await (await fetch(url)).text(), /Confirm/);
  assert.match(await (await platform.decide(url, 'confirm')).text(), /confirmed/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await platform.types('wallet-ann:USD'), ['WalletOpened', 'TopUpRequested']);
  const [notice] = platform.notices;
  assert.ok(notice);
  assert.equal(await platform.post(notice.body, notice.signature), 200);
  assert.equal(await platform.post(notice.body, notice.signature), 200);
  assert.equal(await platform.tell(noticeOf(paymentId)), 200);
  await platform.settled();
  assert.deepEqual(await platform.types('wallet-ann:USD'), [
    'WalletOpened',
    'TopUpRequested',
    'FundsCredited',
  ]);
});

test('a notice that is tampered with, unsigned, old or no notice is not believed', async (t) => {
  const platform = await givenPayments(t);
  await platform.send(open, ann);
  const { paymentId } = await platform.startTopUp(500n);
  const body = Buffer.from(JSON.stringify(Notice.encode(noticeOf(paymentId))));
  const now = platform.clock.now();
  const tampered = Buffer.from(body.toString().replace('500', '900'));
  assert.equal(await platform.post(tampered, sign(secret, now, body)), 401);
  assert.equal(await platform.post(body, sign('another secret', now, body)), 401);
  assert.equal(await platform.post(body, ''), 401);
  assert.equal(await platform.post(body, sign(secret, later(now, -SIGNATURE_TOLERANCE_MS - 1), body)), 401);
  assert.deepEqual(await platform.types(`payment-${paymentId}`), ['TopUpInitiated', 'TopUpRequiresAction']);
});

test('a notice of an unknown payment is kept and answered, one under a used id as well', async (t) => {
  const platform = await givenPayments(t);
  const unknown = noticeOf('nobody');
  assert.equal(await platform.tell(unknown), 200);
  assert.equal(await platform.tell(unknown), 200);
  assert.deepEqual(await platform.types('payment-nobody'), ['NoticeRefused']);
  await platform.settled();
  const kept = async (): Promise<unknown[]> =>
    (await platform.everything()).filter(({ type }) => type === 'NoticeKept').map(({ data }) => data.why);
  assert.deepEqual(await kept(), ['payment_unknown']);
  // Under its id another notice was taken: it is no repeat, and waits for somebody.
  const other = { ...unknown, amount: 501n };
  assert.equal(await platform.tell(other), 200);
  assert.equal(await platform.tell(other), 200);
  assert.deepEqual((await kept()).slice(1), ['idempotency_mismatch']);
});

test('a return of more than has come waits for a person, until that has come', async (t) => {
  const platform = await givenPayments(t);
  await platform.send(open, ann);
  const { paymentId } = await platform.startTopUp(500n);
  const back = noticeOf(paymentId, { outcome: 'top_up_returned', amount: 300n });
  for (const _ of [1, 2]) assert.equal(await platform.tell(back), 200);
  await platform.settled();
  const told = async (type: string): Promise<unknown[]> =>
    (await platform.everything()).filter((event) => event.type === type).map(({ data }) => data.waitingId);
  const kept = await told('NoticeKept');
  assert.equal(kept.length, 1);
  assert.deepEqual(await told('NoticeHandled'), []);
  assert.equal(await platform.tell(noticeOf(paymentId)), 200);
  await platform.settled();
  assert.deepEqual(await told('NoticeHandled'), kept);
});

test('a signed notice that nobody can read is kept once, until somebody has handled it', async (t) => {
  const platform = await givenPayments(t);
  const dispute = Buffer.from('{"type":"dispute","noticeId":1}');
  for (const _ of [1, 2])
    assert.equal(await platform.post(dispute, sign(secret, platform.clock.now(), dispute)), 200);
  const [kept, ...more] = (await platform.everything()).filter(({ type }) => type === 'NoticeKept');
  assert.deepEqual([kept?.data.body, kept?.data.why, more], [String(dispute), 'invalid', []]);
  const handle = HandleNotice({ waitingId: String(kept?.data.waitingId), resolution: 'dispute_answered' });
  const otto = someone('otto', 'auctioneer');
  assert.equal((await platform.send(handle, otto)).outcome, 'accepted');
  assert.deepEqual((await platform.send(handle, otto)).events, []);
});

test('a signed notice as long as a body may be is kept: its beginning, and what all of it was', async (t) => {
  const platform = await givenPayments(t);
  // A letter of two halves stands where the kept part ends.
  const text = `{"type":"${'a'.repeat(32 * 1024 - 10)}${'😀'.repeat(20_000)}"}`;
  const long = Buffer.from(text);
  const binary = Buffer.alloc(BODY_BYTES, 0xff);
  const bodies = [long, long, binary];
  for (const body of bodies)
    assert.equal(await platform.post(body, sign(secret, platform.clock.now(), body)), 200);
  const kept = (await platform.everything()).filter(({ type }) => type === 'NoticeKept');
  const wholeOf = (body: Buffer) => ({
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  });
  assert.deepEqual(
    kept.map(({ data: { body, whole } }) => [body, whole]),
    [
      [text.slice(0, 32 * 1024 - 1), wholeOf(long)],
      [binary.toString('base64').slice(0, 32 * 1024), wholeOf(binary)],
    ],
  );
});

test('money that comes for a closed wallet is owed to its owner, and paid into the next one', async (t) => {
  const platform = await givenPayments(t);
  await platform.send(open, ann);
  const { paymentId } = await platform.startTopUp(500n);
  assert.equal((await platform.send(CloseWallet({ currency }), ann)).outcome, 'rejected');
  assert.equal(await platform.tell(noticeOf(paymentId, { outcome: 'top_up_failed' })), 200);
  await platform.settled();
  assert.equal((await platform.send(CloseWallet({ currency }), ann)).outcome, 'accepted');
  assert.equal(await platform.tell(noticeOf(paymentId)), 200);
  await platform.settled();
  assert.equal((await platform.types('wallet-ann:USD')).at(-1), 'CreditRefused');
  const owed = (await platform.history('unclaimed-ann:USD')).at(-1);
  assert.deepEqual([owed?.type, owed?.data.balance], ['MoneyUnclaimed', '500']);
  await platform.send(open, ann);
  await platform.settled();
  assert.equal((await platform.types('unclaimed-ann:USD')).at(-1), 'UnclaimedPaidOut');
  const last = (await platform.history('wallet-ann:USD')).at(-1);
  assert.deepEqual(last?.data.balance, { available: '500', held: '0' });
});

/** A platform where ann has 500. */
async function givenFunds(t: TestContext, declines?: () => string | undefined) {
  const platform = await givenPayments(t, declines);
  await platform.send(open, ann);
  const reply = await platform.send(RequestTopUp({ amount: 500n, currency }), ann);
  const paymentId = told(reply.events, 'paymentId');
  await platform.settled();
  assert.equal(await platform.tell(noticeOf(paymentId)), 200);
  await platform.settled();
  return platform;
}
const withdraw: Command = Withdraw({ amount: 400n, currency });

test('a withdrawal is held, paid, captured and settled', async (t) => {
  const platform = await givenFunds(t);
  const reply = await platform.send(withdraw, ann);
  const holdId = told(reply.events, 'holdId');
  await platform.settled();
  await platform.ask();
  await new Promise((resolve) => setImmediate(resolve));
  const notice = platform.notices.at(-1);
  assert.ok(notice);
  assert.equal(await platform.post(notice.body, notice.signature), 200);
  await platform.settled();
  const paid = ['PayoutInitiated', 'PayoutSubmitted', 'PayoutPaid', 'PayoutSettled'];
  assert.deepEqual(await platform.types(`payment-${holdId}`), paid);
  const walk = ['FundsReserved', 'HoldCommitted', 'FundsCaptured'];
  assert.deepEqual((await platform.types('wallet-ann:USD')).slice(-3), walk);
});

test('payouts that the provider has forgotten are given to it again, once, and their money goes out', async (t) => {
  const platform = await givenFunds(t);
  const gone = await platform.send(withdraw, ann);
  await platform.settled();
  await platform.ask();
  const [stayed] = (await platform.store.readAll({ direction: 'backwards', limit: 1 })).events;
  assert.equal(stayed?.type, 'PayoutSubmitted');
  const bodies: Buffer[] = [];
  const { clock, registry, store } = platform;
  const provider = simulatedProvider({
    ...{ file: ':memory:', pageUrl: () => '', secret, clock },
    deliver: async (body) => bodies.push(Buffer.from(body)) > 0,
  });
  t.after(() => provider.close());
  const consumers = { checkpoint: async () => stayed.position };
  const remind = (): Promise<number> => remindOfPayouts({ store, consumers, registry, provider, log: noLog });
  assert.equal(await remind(), 1);
  assert.equal(await remind(), 0, 'it knows of the last one now');
  await new Promise((resolve) => setImmediate(resolve));
  const [body] = bodies;
  assert.ok(body);
  assert.equal(await platform.post(body, sign(secret, clock.now(), body)), 200);
  await platform.settled();
  assert.equal((await platform.types(`payment-${told(gone.events, 'holdId')}`)).at(-1), 'PayoutSettled');
  assert.equal((await platform.types('wallet-ann:USD')).at(-1), 'FundsCaptured');
});

test('a withdrawal that the provider declines is released', async (t) => {
  const platform = await givenFunds(t, () => 'no such account');
  await platform.send(withdraw, ann);
  await platform.settled();
  await platform.ask();
  await platform.settled();
  assert.equal((await platform.types('wallet-ann:USD')).at(-1), 'FundsReleased');
});

test('a refused withdrawal stays refused under its id after a top-up, and a new id succeeds', async (t) => {
  const platform = await givenPayments(t);
  await platform.send(open, ann);
  const refused = await platform.send(withdraw, ann, 'first');
  assert.equal(refused.outcome, 'rejected');
  const { paymentId } = await platform.startTopUp(500n);
  assert.equal(await platform.tell(noticeOf(paymentId)), 200);
  await platform.settled();
  assert.deepEqual(await platform.send(withdraw, ann, 'first'), refused);
  assert.equal((await platform.send(withdraw, ann, 'second')).outcome, 'accepted');
});

test('a transfer arrives, and comes back from where there is no wallet', async (t) => {
  const platform = await givenFunds(t);
  await platform.send(open, bob);
  await platform.send(Transfer({ to: 'bob', amount: 100n, currency }), ann);
  await platform.send(Transfer({ to: 'cy', amount: 100n, currency }), ann);
  await platform.settled();
  assert.deepEqual(await platform.types('wallet-bob:USD'), ['WalletOpened', 'FundsCredited']);
  assert.deepEqual(await platform.types('wallet-cy:USD'), ['CreditRefused']);
  const last = (await platform.history('wallet-ann:USD')).at(-1);
  assert.deepEqual(last?.data.balance, { available: '400', held: '0' });
  assert.deepEqual([last?.data.reason, last?.data.because], ['transfer_returned', 'wallet_not_open']);
});
