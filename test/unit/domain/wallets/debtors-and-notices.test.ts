import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import { OwnAffair } from '#domain/kernel/own-affair.ts';
import { debtor, standingDebt } from '#domain/wallets/debtor/decider.ts';
import { DebtExpected, DebtNoted, ExpectDebt, NoteDebt } from '#domain/wallets/debtor/messages.ts';
import { notice } from '#domain/wallets/notice/decider.ts';
import { HandleNotice, KeepNotice, MatchNotice, NoticeKept } from '#domain/wallets/notice/messages.ts';
import { payment } from '#domain/wallets/payment/decider.ts';
import { PayoutInitiated } from '#domain/wallets/payment/messages.ts';
import { handleNotice } from '#domain/workflows/handle-notice.ts';
import { decideOn, eventsOf, lineOf, NOW, person, stateOf } from '#test/support/given.ts';

const told = (owed: bigint, nth: number, currency = 'USD') => ({ person: 'ann', currency, owed, nth });

test('what a wallet told of its debt later counts, in whatever order it comes', () => {
  const history = [DebtNoted(told(5n, 2))];
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(7n, 1))), []);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(5n, 2))), []);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(0n, 3))), [DebtNoted(told(0n, 3))]);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(1n, 1, 'EUR'))), [DebtNoted(told(1n, 1, 'EUR'))]);
});

test('a debt in one currency stands until that wallet tells that it is paid', () => {
  const after = (...events: ReturnType<typeof DebtNoted | typeof DebtExpected>[]) =>
    standingDebt(stateOf(debtor, events));
  assert.equal(after(), undefined);
  const euros = DebtNoted(told(1n, 1, 'EUR'));
  assert.deepEqual(after(DebtNoted(told(5n, 1)), euros, DebtNoted(told(0n, 2))), {
    owed: 1n,
    currency: 'EUR',
  });
  assert.equal(after(euros, DebtNoted(told(0n, 2, 'EUR'))), undefined);
  const comes = DebtExpected({ person: 'ann', currency: 'USD', amount: 9n, movement: 'm' });
  assert.deepEqual(after(comes), { owed: 9n, currency: 'USD' });
  assert.equal(after(comes, DebtNoted({ ...told(0n, 2), movement: 'm' })), undefined);
  assert.deepEqual(after(comes, DebtNoted(told(0n, 2))), { owed: 9n, currency: 'USD' });
});

test('a debt is expected once, until its wallet has told of it, however late', () => {
  const comes = { person: 'ann', currency: 'USD', amount: 9n, movement: 'm' };
  const expected = DebtExpected(comes);
  const of = { movement: 'm' };
  assert.deepEqual(decideOn(debtor, [], ExpectDebt(comes)), [expected]);
  assert.deepEqual(decideOn(debtor, [expected], ExpectDebt(comes)), []);
  const incurred = NoteDebt({ ...told(9n, 1), ...of });
  const noted = DebtNoted({ ...told(9n, 1), ...of });
  assert.deepEqual(decideOn(debtor, [expected], incurred), [noted]);
  assert.deepEqual(decideOn(debtor, [expected, noted], incurred), []);
  assert.deepEqual(decideOn(debtor, [noted], ExpectDebt(comes)), []);
  // That it is paid may be told first.
  const paid = DebtNoted(told(0n, 2));
  assert.deepEqual(decideOn(debtor, [expected, paid], incurred), [DebtNoted({ ...told(0n, 2), ...of })]);
});

test('a notice waits once and is handled once', () => {
  const waitingId = '01a22330-7314-7560-94d2-eabb5e2f0821';
  const keep = KeepNotice({ waitingId, provider: 'simulated', why: 'invalid', body: '{}' });
  const handle = HandleNotice({ waitingId, resolution: 'asked_provider' });
  const line = (history: readonly NewEvent[], command: Command) => lineOf(decideOn(notice, history, command));
  const kept = eventsOf(decideOn(notice, [], keep));
  const handled = [...kept, ...eventsOf(decideOn(notice, kept, handle))];
  assert.equal(line([], keep), 'NoticeKept');
  assert.equal(line(kept, keep), '');
  assert.equal(line([], handle), 'notice_unknown');
  assert.equal(line(kept, handle), 'NoticeHandled');
  assert.equal(line(handled, handle), '');
  assert.equal(line(handled, keep), '');
  const match = MatchNotice({ waitingId });
  assert.equal(line(kept, match), 'NoticeHandled');
  assert.equal(line(handled, match), '');
  // Matched before it was kept, it never waits.
  const matched = eventsOf(decideOn(notice, [], match));
  assert.equal(line(matched, keep), '');
});

test('whoever has paid, or is paid, does not see to the notice of that payment for the house', () => {
  const waitingId = '01a22330-7314-7560-94d2-eabb5e2f0821';
  const handle = HandleNotice({ waitingId, resolution: 'no_action' });
  const kept = (body: string) => NoticeKept({ waitingId, provider: 'simulated', why: 'invalid', body });
  const dispute = kept('{"outcome":"dispute","paymentId":"p1"}');
  const named = handleNotice.readsNext.payment?.stream({ notice: stateOf(notice, [dispute]) }, person('ann'));
  assert.equal(named, 'payment-p1', 'also in a notice of a kind that nobody knows');
  for (const body of ['no JSON', '{}', '{"paymentId":"not an id"}', '{"paymentId":7}', 'null'])
    assert.equal(
      handleNotice.readsNext.payment?.stream({ notice: stateOf(notice, [kept(body)]) }, person('ann')),
      undefined,
    );
  const initiated = PayoutInitiated({ paymentId: 'p1', person: 'ann', currency: 'USD', amount: 5n });
  const paid = stateOf(payment, [initiated]);
  const facts = { now: NOW, actor: person('ann') };
  const precondition = handleNotice.precondition({ payment: paid }, handle.data, facts) as never;
  assert.equal(precondition, 'ann');
  assert.equal(handleNotice.precondition({ payment: payment.initial }, handle.data, facts), undefined);
  assert.deepEqual(decideOn(notice, [dispute], handle, { ...facts, precondition }), OwnAffair({}));
  const others = { actor: person('otto'), precondition };
  assert.deepEqual(eventsOf(decideOn(notice, [dispute], handle, others)).length, 1);
});
