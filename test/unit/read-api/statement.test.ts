import assert from 'node:assert/strict';
import { test } from 'node:test';
import { availableOf, clearingOf, moved } from '#domain/kernel/posting.ts';
import { tokenOf } from '#domain/kernel/token.ts';
import { FundsCredited, WalletOpened } from '#domain/wallets/wallet/messages.ts';
import { givenReadSide } from '../../support/read-side.ts';

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
  const house = await givenReadSide();
  t.after(() => house.close());
  await house.append('wallet-ann:USD', WalletOpened(ann));
  const places: bigint[] = [];
  for (const [movement, amount, available] of [
    ['m1', 10_00n, 10_00n],
    ['m2', 5_00n, 15_00n],
    ['m3', 1n, 15_01n],
  ] as const)
    places.push(await house.append('wallet-ann:USD', credited(movement, amount, available)));
  const last = tokenOf(house.store.epoch, places.at(-1) ?? 0n);
  const balances = async (upTo: string) => {
    const { data, errors } = await house.ask(
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
  const second = tokenOf(house.store.epoch, places[1] ?? 0n);
  assert.deepEqual(await balances(`upTo: "${second}"`), ['1500', '1000']);
  assert.deepEqual(await balances('upToTime: "2000-01-01T00:00:00.000Z"'), []);
  assert.equal((await balances('upToTime: "2200-01-01T00:00:00.000Z"')).length, 3);
});
