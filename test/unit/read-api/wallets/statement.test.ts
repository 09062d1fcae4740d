import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenOf } from '#domain/kernel/token.ts';
import { availableOf, clearingOf, moved, platformAccount, receivableOf } from '#domain/wallets/posting.ts';
import {
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  FundsCredited,
  WalletOpened,
} from '#domain/wallets/wallet/messages.ts';
import { givenReadSide } from '#test/support/read-side.ts';

const ann = { person: 'ann', currency: 'USD' };
const credited = (movement: string, amount: bigint, available: bigint) =>
  FundsCredited({
    ...ann,
    amount,
    movement,
    reason: 'top_up',
    postings: moved(clearingOf(movement, 'USD'), availableOf('ann', 'USD'), amount),
    balance: { available, held: 0n },
  });

interface Answer {
  readonly statement: { readonly edges: readonly { readonly node: { readonly available: string } }[] };
}

test('a statement tells the running balance, up to any place of the history or moment', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  await readSide.append('wallet-ann:USD', WalletOpened(ann));
  const places: bigint[] = [];
  for (const [movement, amount, available] of [
    ['m1', 10_00n, 10_00n],
    ['m2', 5_00n, 15_00n],
    ['m3', 1n, 15_01n],
  ] as const)
    places.push(await readSide.append('wallet-ann:USD', credited(movement, amount, available)));
  const last = tokenOf(readSide.store.epoch, places.at(-1) ?? 0n);
  const balances = async (upTo: string) => {
    const { data, errors } = await readSide.ask(
      `query ($atLeast: Token) {
        statement(currency: "USD", ${upTo}, atLeast: $atLeast) { edges { node { available } } }
      }`,
      { atLeast: last },
      'ann:bidder',
    );
    assert.equal(errors, undefined);
    return (data as unknown as Answer).statement.edges.map(({ node }) => node.available);
  };
  assert.deepEqual(await balances(`upTo: "${last}"`), ['1501', '1500', '1000']);
  const second = tokenOf(readSide.store.epoch, places[1] ?? 0n);
  assert.deepEqual(await balances(`upTo: "${second}"`), ['1500', '1000']);
  assert.deepEqual(await balances('upToTime: "2000-01-01T00:00:00.000Z"'), []);
  assert.equal((await balances('upToTime: "2200-01-01T00:00:00.000Z"')).length, 3);
});

interface Entries {
  readonly statement: { readonly edges: readonly { readonly node: Readonly<Record<string, unknown>> }[] };
}

test('a statement tells what the bank took back, what is owed of it, and what the house gave up', async (t) => {
  const readSide = await givenReadSide();
  t.after(() => readSide.close());
  const empty = { available: 0n, held: 0n };
  const back = { ...ann, movement: 'back', paymentId: 'p1' };
  const paid = moved(availableOf('ann', 'USD'), receivableOf('ann', 'USD'), 10_00n);
  const given = moved(platformAccount('losses', 'USD'), receivableOf('ann', 'USD'), 2_00n);
  const events = [
    WalletOpened(ann),
    credited('p1', 10_00n, 10_00n),
    DebtIncurred({ ...back, amount: 12_00n, owed: 12_00n, nth: 1, balance: { ...empty, available: 10_00n } }),
    DebtPaid({ ...ann, amount: 10_00n, owed: 2_00n, nth: 2, postings: paid, balance: empty }),
    // As it was stored before it told the balance, and why by a word.
    DebtWrittenOff({ ...ann, amount: 2_00n, owed: 0n, nth: 3, causeInPlain: 'Bankrupt.', postings: given }),
    DebtIncurred({ ...back, movement: 'more', amount: 2_00n, owed: 2_00n, nth: 4, balance: empty }),
    DebtWrittenOff({
      ...{ ...ann, amount: 2_00n, owed: 0n, nth: 5, cause: 'too_small', reference: '2026/117' },
      ...{ postings: given, balance: empty },
    }),
  ];
  let last = 0n;
  for (const event of events) last = await readSide.append('wallet-ann:USD', event);
  const { data, errors } = await readSide.ask(
    `query ($atLeast: Token) { statement(currency: "USD", atLeast: $atLeast) { edges { node {
      kind amount availableChange owedChange available owed why paymentId reference whyInPlain
    } } } debt(currency: "USD") { writtenOff writtenOffReference writtenOffInPlain lost } }`,
    { atLeast: tokenOf(readSide.store.epoch, last) },
    'ann:bidder',
  );
  assert.equal(errors, undefined);
  const lines = (data as unknown as Entries).statement.edges.map(({ node }) => Object.values(node).join(' '));
  assert.deepEqual(lines, [
    'debt_written_off 200 0 -200 0 0 too_small  2026/117 ',
    'debt_incurred 200 0 200 0 200 went_back p1  ',
    'debt_written_off 200 0 -200  0 written_off   Bankrupt.',
    'debt_paid 1000 -1000 -1000 0 200 debt   ',
    'debt_incurred 1200 0 1200 1000 1200 went_back p1  ',
    'credited 1000 1000 0 1000  top_up   ',
  ]);
  const given117 = { writtenOff: 'too_small', writtenOffReference: '2026/117', writtenOffInPlain: null };
  assert.deepEqual({ ...(data as { debt?: object }).debt }, { ...given117, lost: '400' });
});
