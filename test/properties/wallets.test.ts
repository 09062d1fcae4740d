import assert from 'node:assert/strict';
import { env } from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { wallets } from '#compose/contexts/wallets.ts';
import type { PaymentDocument, StatementEntry } from '#projections/wallets/documents.ts';
import { histories, live } from '#test/support/money-histories.ts';
import { fold } from '#test/support/money-views.ts';

const numRuns = Number(env.ANNALS_RUNS ?? 150);

test('the random histories meet every event there is, but for those that need a clock or a page', () => {
  const met = new Set<string>();
  for (const steps of fc.sample(histories, { numRuns: 400, seed: 1 }))
    for (const { type } of live(steps).world.history) met.add(type);
  const elsewhere = ['TopUpRequiresAction', 'TopUpExpired', 'PayoutSubmitted', 'UnallocatedAssigned'];
  const all = wallets.messages.events.map(({ type }) => type).filter((type) => !elsewhere.includes(type));
  assert.deepEqual([...met].sort(), all.sort());
});

test('money is conserved: balanced, never overdrawn, and nothing is left in clearing', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { ledger } = live(steps);
      const accounts = [...ledger.accounts];
      assert.equal(
        accounts.reduce((sum, [, balance]) => sum + balance, 0n),
        0n,
      );
      for (const [account, balance] of accounts)
        if (account.startsWith('clearing:')) assert.equal(balance, 0n, account);
      for (const [account, balance] of accounts)
        if (account.startsWith('receivable:') && balance < 0n) {
          const wallet = account.slice('receivable:'.length);
          assert.equal(ledger.balanceOf(`wallet:${wallet}:available`), 0n, `${account} stands`);
        }
    }),
    { numRuns },
  );
});

test('every event survives its storage format', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world } = live(steps);
      for (const { type, data } of world.history) {
        const stored = JSON.parse(JSON.stringify(world.registry.encode({ type, data })));
        assert.deepEqual(world.registry.events.get(type)?.schema.decode(stored), data);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

test('the views say what the ledger says', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world, ledger } = live(steps);
      const documents = fold(world.history);
      const balanceOf = (account: string): bigint => ledger.balanceOf(account);
      for (const [id, document] of documents) {
        const [view = '', name = ''] = id.split(' ');
        const { available, held, owed, balance } = document as Record<string, bigint>;
        if (view === 'wallets') {
          assert.equal(available, balanceOf(`wallet:${name}:available`));
          assert.equal(held, balanceOf(`wallet:${name}:held`));
        }
        if (view === 'debts') assert.equal(owed, -balanceOf(`receivable:${name}`));
        if (view === 'unclaimed') assert.equal(balance, balanceOf(`unclaimed:${name}`));
        if (view === 'platform-accounts') assert.equal(balance, balanceOf(name));
        if (view === 'payments')
          assert.equal(arrivedIn(document as PaymentDocument), cameBy(document as PaymentDocument));
        if (view === 'clearing') assert.deepEqual(document, { ...document, balance: 0n, overdrawn: false });
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

/** What a payment in says of where its money arrived, all together; nothing of a payment out. */
const arrivedIn = ({ creditedTo }: PaymentDocument): bigint =>
  creditedTo.reduce((sum, { amount }) => sum + amount, 0n);
const cameBy = ({ direction, moved }: PaymentDocument): bigint => (direction === 'in' ? moved : 0n);

test('a statement’s running balance is the sum of its entries', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world } = live(steps);
      const sums = new Map<string, { available: bigint; held: bigint }>();
      for (const [id, document] of fold(world.history)) {
        if (!id.startsWith('statement ')) continue;
        const { wallet, availableChange, heldChange, available, held } = document as StatementEntry;
        const before = sums.get(wallet) ?? { available: 0n, held: 0n };
        const now = { available: before.available + availableChange, held: before.held + heldChange };
        assert.deepEqual({ available, held }, now);
        sums.set(wallet, now);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});
