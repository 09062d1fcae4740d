import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallets } from '#compose/contexts/wallets.ts';
import { ledgerView } from '#projections/wallets/ledger.ts';

test('every event that carries postings is in the trial balance, and no other', () => {
  const moving = wallets.messages.events.filter(({ schema }) => 'postings' in schema.shape);
  const named = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type).sort();
  assert.deepEqual(named(ledgerView.events), named(moving));
});
