import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { notice } from '#domain/wallets/notice/decider.ts';
import { HandleNotice, KeepNotice, NoticeHandled } from '#domain/wallets/notice/messages.ts';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { IncurDebt, WriteOffDebt } from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, otto } from '#test/support/given.ts';
import { examples, placed, type StoredExample } from '#test/support/stored-examples.ts';
import { ann, history } from '#test/support/wallets.ts';

// What is recorded of money is never erased: staff say what they have done in words of a list, and elsewhere whatever more there is.

const waitingId = '01a22330-7314-7560-94d2-eabb5e2f0821';
const writing = { ...ann, cause: 'uncollectable' };
const handling = { waitingId, resolution: 'asked_provider' };
const isTaken = (schema: typeof WriteOffDebt.schema | typeof HandleNotice.schema, data: object): boolean =>
  schema.safeParse(data).success;

test('staff give up a debt, and see to a notice, by a word and the number of a case, and write nothing about anybody', () => {
  assert.ok(isTaken(WriteOffDebt.schema, writing) && isTaken(HandleNotice.schema, handling));
  assert.equal(isTaken(WriteOffDebt.schema, { ...writing, cause: 'Ann has gone bankrupt.' }), false);
  assert.equal(isTaken(HandleNotice.schema, { ...handling, resolution: 'Asked Ann’s bank.' }), false);
  assert.equal(isTaken(HandleNotice.schema, { ...handling, resolution: 'told_since' }), false);
  for (const [reference, taken] of [
    ...[['117', true] as const, ['2026/117', true] as const, ['CASE-2026.117_b', true] as const],
    ...[['1'.repeat(64), true] as const, ['1'.repeat(65), false] as const, ['', false] as const],
    ...[['Ann', false] as const, ['ann.smith', false] as const, ['Ann moved 2 times', false] as const],
    ...[['-117', false] as const, ['117\n', false] as const],
  ]) {
    assert.equal(isTaken(WriteOffDebt.schema, { ...writing, reference }), taken, reference);
    assert.equal(isTaken(HandleNotice.schema, { ...handling, reference }), taken, reference);
  }
});

test('the number of the case is recorded with the word', () => {
  const owes = history(IncurDebt({ ...ann, amount: 5n, movement: 'back' }));
  const why = { cause: 'time_barred', reference: '2026/117' } as const;
  const [off] = eventsOf(decideOn(wallet, owes, WriteOffDebt({ ...ann, ...why }), { actor: otto }));
  assert.partialDeepStrictEqual(off, { type: 'DebtWrittenOff', data: why });
  const keep = KeepNotice({ waitingId, provider: 'simulated', why: 'invalid', body: '{}' });
  const handle = HandleNotice({ waitingId, resolution: 'not_ours', reference: '2026/118' });
  const kept = eventsOf(decideOn(notice, [], keep));
  assert.deepEqual(decideOn(notice, kept, handle), [
    NoticeHandled({ waitingId, resolution: 'not_ours', reference: '2026/118' }),
  ]);
});

test('what staff wrote before there were words for it is read under a name of its own, and what the platform wrote is the word', () => {
  const stored = (type: string, version: number): StoredExample => {
    const found = examples.find((it) => it.type === type && it.metadata.version === version);
    assert.ok(found, `${type} ${version}`);
    return found;
  };
  const read = (example: StoredExample): Readonly<Record<string, unknown>> =>
    registry.decode(placed(example)).data as Readonly<Record<string, unknown>>;
  for (const version of [1, 2]) {
    const { cause, causeInPlain } = read(stored('DebtWrittenOff', version));
    assert.deepEqual([cause, causeInPlain], [undefined, 'Bankrupt.']);
  }
  const handled = stored('NoticeHandled', 1);
  const { waitingId } = handled.data;
  assert.deepEqual(read(handled), { waitingId, noteInPlain: 'The dispute was answered.' });
  const matched = { ...handled, data: { waitingId, note: 'What it is about has been told since.' } as const };
  assert.deepEqual(read(matched as StoredExample), { waitingId, resolution: 'told_since' });
});
