import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '#domain/kernel/message.ts';
import { debtor, standingDebt } from '#domain/wallets/debtor/decider.ts';
import { DebtExpected, DebtNoted, ExpectDebt, NoteDebt } from '#domain/wallets/debtor/messages.ts';
import { notice } from '#domain/wallets/notice/decider.ts';
import { HandleNotice, KeepNotice, MatchNotice } from '#domain/wallets/notice/messages.ts';
import { decideOn, eventsOf, NOON } from '#test/support/deciding.ts';

const told = (owed: bigint, nth: number, currency = 'USD') => ({ person: 'ann', currency, owed, nth });

test('what a wallet told of its debt later counts, in whatever order it comes', () => {
  const history = [DebtNoted(told(5n, 2))];
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(7n, 1))), []);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(5n, 2))), []);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(0n, 3))), [DebtNoted(told(0n, 3))]);
  assert.deepEqual(decideOn(debtor, history, NoteDebt(told(1n, 1, 'EUR'))), [DebtNoted(told(1n, 1, 'EUR'))]);
});

test('a debt in one currency stands until that wallet tells that it is paid', () => {
  const at = { position: undefined, occurredAt: NOON, actor: 'ann' };
  const after = (...events: ReturnType<typeof DebtNoted | typeof DebtExpected>[]) =>
    standingDebt(events.reduce((so, event) => debtor.evolve(so, event, at), debtor.initial));
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
  const handle = HandleNotice({ waitingId, note: 'Asked the bank.' });
  const line = (history: Parameters<typeof decideOn>[1], command: Command): string => {
    const decision = decideOn(notice, history, command);
    return 'rejected' in decision ? decision.code : decision.map(({ type }) => type).join(', ');
  };
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
