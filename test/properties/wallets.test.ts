import assert from 'node:assert/strict';
import { env } from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { wallets } from '#compose/contexts/wallets.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { Posting } from '#domain/wallets/posting.ts';
import { events, walletStream } from '#domain/wallets/wallet/messages.ts';
import type { PaymentDocument, StatementEntry } from '#projections/wallets/documents.ts';
import { statementView } from '#projections/wallets/statement.ts';
import { histories, live } from '#test/support/money-histories.ts';
import { fold } from '#test/support/money-views.ts';

const numRuns = Number(env.ANNALS_RUNS ?? 150);

test('the random histories meet every event there is, but for those that need a clock, a page or an account', () => {
  const met = new Set<string>();
  for (const steps of fc.sample(histories, { numRuns: 400, seed: 1 }))
    for (const { type } of live(steps).world.history) met.add(type);
  const elsewhere = [
    ...['TopUpRequiresAction', 'TopUpExpired', 'PayoutSubmitted', 'UnallocatedAssigned'],
    // Of somebody who has left, by all that is owed to them: test/unit/domain/workflows/leaving-races.test.ts.
    'UnclaimedDischarged',
  ];
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

test('a statement’s entries sum to what the wallet holds and its person owes, at every position', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world } = live(steps);
      const entries = entriesOf(world.history);
      const sums = new Map<string, Standing>();
      const booked = new Map<string, bigint>();
      const owing = new Map<string, bigint>();
      const bookedIn = (account: string): bigint => booked.get(account) ?? 0n;
      for (const event of world.history) {
        const { postings = [], owed } = event.data as { postings?: readonly Posting[]; owed?: bigint };
        for (const { account, amount } of postings) booked.set(account, bookedIn(account) + amount);
        if (!event.stream.startsWith(walletStream.prefix)) continue;
        const wallet = idOf(event.stream);
        if (owed !== undefined) owing.set(wallet, owed);
        const entry = entries.get(`${event.stream}@${event.revision}`);
        const before = sums.get(wallet) ?? { available: 0n, held: 0n, owed: 0n };
        const now = entry === undefined ? before : after(before, entry);
        sums.set(wallet, now);
        assert.deepEqual(now, {
          available: bookedIn(`wallet:${wallet}:available`),
          held: bookedIn(`wallet:${wallet}:held`),
          owed: owing.get(wallet) ?? 0n,
        });
        if (entry === undefined) continue;
        // The running balance that the entry itself states.
        const stated = { available: entry.available, held: entry.held, owed: entry.owed ?? now.owed };
        assert.deepEqual(stated, now, event.type);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

interface Standing {
  readonly available: bigint;
  readonly held: bigint;
  readonly owed: bigint;
}
const after = (before: Standing, entry: StatementEntry): Standing => ({
  available: before.available + entry.availableChange,
  held: before.held + entry.heldChange,
  owed: before.owed + entry.owedChange,
});

const entriesOf = (history: readonly RecordedEvent[]): ReadonlyMap<string, StatementEntry> =>
  new Map(
    [...fold(history)].flatMap(([id, document]): [string, StatementEntry][] =>
      id.startsWith('statement ') ? [[id.slice('statement '.length), document as StatementEntry]] : [],
    ),
  );

/** Says only that something was asked for or is waited for: nobody has or owes more or less by it. */
const notMoney = [
  ...['WalletOpened', 'WalletClosed', 'TopUpRequested', 'TopUpEnded', 'HoldCommitted'],
  ...['TransferRefused', 'WithdrawalRefused', 'FundsRefused'],
];

test('every event of a wallet that moves money of its person, or changes what is owed, is an entry of the statement', () => {
  const missing = new Set(events.map(({ type }) => type as string));
  const entered = statementView.events.map(({ type }) => type);
  for (const type of [...entered, ...notMoney]) missing.delete(type);
  assert.deepEqual([...missing], []);
});
