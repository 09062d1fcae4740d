import assert from 'node:assert/strict';
import { test } from 'node:test';
import { book, differences, emptyLedger, type Posting, readable, underWay } from '#demo/ledger.ts';
import { percentiles } from '#demo/report.ts';

const EXPONENTS = new Map([
  ['USD', 2],
  ['EUR', 2],
  ['JPY', 0],
  ['KWD', 3],
]);
const AVAILABLE = 'wallet:ann:USD:available';
const HELD = 'wallet:ann:USD:held';
const CLEARING = 'clearing:m1:USD';
const PROVIDER = 'provider:simulated:USD';

function ledgerOf(...events: readonly (readonly (readonly [account: string, amount: bigint])[])[]) {
  const ledger = emptyLedger(EXPONENTS);
  for (const [index, event] of events.entries())
    book(
      ledger,
      `event ${index}`,
      event.map(([account, amount]): Posting => ({ account, amount })),
    );
  return ledger;
}
const paidIn = [
  [
    [PROVIDER, -500n],
    [CLEARING, 500n],
  ],
  [
    [CLEARING, -500n],
    [AVAILABLE, 500n],
  ],
] as const;

test('postings that balance come to balances without a problem', () => {
  const ledger = ledgerOf(...paidIn, [
    [AVAILABLE, -200n],
    [HELD, 200n],
  ]);
  assert.deepEqual(ledger.problems, []);
  assert.deepEqual(underWay(ledger), []);
  assert.deepEqual(Object.fromEntries(ledger.balances), {
    [PROVIDER]: -500n,
    [CLEARING]: 0n,
    [AVAILABLE]: 300n,
    [HELD]: 200n,
  });
  assert.deepEqual(differences(ledger, ledger.balances), []);
});

test('the auditor notices money out of nothing', () => {
  const { problems } = ledgerOf([
    [PROVIDER, -500n],
    [CLEARING, 501n],
  ]);
  assert.deepEqual(problems, ['event 0 makes 0.01 USD out of nothing']);
});

test('the auditor notices that one currency becomes another', () => {
  const { problems } = ledgerOf([
    ['provider:simulated:EUR', -500n],
    [CLEARING, 500n],
  ]);
  assert.equal(problems.length, 2);
});

test('the auditor notices an account below zero, at whatever position', () => {
  const { problems } = ledgerOf(
    [
      [CLEARING, -500n],
      [AVAILABLE, 500n],
    ],
    [
      [PROVIDER, -500n],
      [CLEARING, 500n],
    ],
  );
  assert.deepEqual(problems, [`event 0 overdraws ${CLEARING}`]);
});

test('the auditor notices money that stays under way', () => {
  assert.deepEqual(underWay(ledgerOf(paidIn[0])), [`5.00 USD stay in ${CLEARING}`]);
});

test('the auditor notices a wallet that shows too much, none at all, and one that nobody paid into', () => {
  const ledger = ledgerOf(...paidIn);
  const shown = new Map([
    [PROVIDER, -500n],
    [AVAILABLE, 501n],
    ['wallet:bob:USD:available', 1n],
  ]);
  assert.equal(differences(ledger, shown).length, 2);
  assert.equal(differences(ledger, new Map()).length, 2);
});

test('percentiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.deepEqual(percentiles(hundred), { p50: 50, p95: 95, p99: 99 });
  assert.deepEqual(percentiles([7]), { p50: 7, p95: 7, p99: 7 });
  assert.equal(percentiles([]), null);
});

for (const [amount, currency, text] of [
  [-1_250n, 'USD', '-12.50 USD'],
  [5n, 'USD', '0.05 USD'],
  [1_250n, 'JPY', '1250 JPY'],
  [1_250n, 'KWD', '1.250 KWD'],
  [1_250n, 'XXX', '1250 of the smallest unit of XXX'],
] as const)
  test(`${amount} in ${currency} is read as ${text}`, () =>
    assert.equal(readable(emptyLedger(EXPONENTS), amount, currency), text));
