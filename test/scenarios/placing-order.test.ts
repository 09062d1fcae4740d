import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Actor } from '#domain/kernel/actor.ts';
import { person } from '#test/support/given.ts';
import { ann, bob, givenOpenAuction, refusedWith } from '#test/support/saleroom.ts';

// Bids count in the order in which they were placed, in whichever order their money is held.

const cyd = person('cyd');
const people = [ann, bob, cyd] as const;

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]));

async function givenThree(t: TestContext) {
  const room = await givenOpenAuction(t);
  await room.fund(cyd);
  await room.join(cyd);
  return room;
}

/** Everybody bids one after the other; then their money is held in this order. What the auction's stream says of it. */
async function fundedInOrder(t: TestContext, maxima: readonly bigint[], order: readonly Actor[]) {
  const room = await givenThree(t);
  const { deployment } = room;
  const walletOf = (who: Actor): string => `wallet-${who.id}:USD`;
  const replies = [];
  const held = new Map<Actor, { release(): void }>();
  for (const [at, who] of people.entries()) {
    const one = deployment.process.holdBack(({ stream }) => stream === walletOf(who));
    held.set(who, one);
    replies.push(room.bid(who, maxima[at] ?? 0n));
    await one.reached;
  }
  for (const who of order) {
    held.get(who)?.release();
    await deployment.reached(walletOf(who), 'FundsReserved');
  }
  await Promise.all(replies);
  await deployment.settle();
  const events = (await deployment.history('auction-a1')).filter(({ type }) => type.startsWith('Bid'));
  const walk = events.map(({ data }) => `${data.bidder}: ${data.leader ?? 'refused'} ${data.price ?? ''}`);
  return { walk, held: (await room.audited()).held };
}

const expected = [
  {
    maxima: [15_50n, 15_00n, 14_50n],
    walk: ['ann: ann 100', 'bob: ann 1550', 'cyd: refused '],
    held: { 'ann:USD/a1': 17_05n },
  },
  {
    maxima: [20_00n, 20_00n, 20_00n],
    walk: ['ann: ann 100', 'bob: ann 2000', 'cyd: refused '],
    held: { 'ann:USD/a1': 22_00n },
  },
  {
    maxima: [10_00n, 14_00n, 20_00n],
    walk: ['ann: ann 100', 'bob: bob 1050', 'cyd: cyd 1450'],
    held: { 'cyd:USD/a1': 22_00n },
  },
];

for (const { maxima, walk, held } of expected)
  describe(`maxima of ${maxima.join(', ')}, placed in this order`, () => {
    for (const order of permutations(people))
      test(`come to the same when funded as ${order.map(({ id }) => id).join(', ')}`, async (t) => {
        assert.deepEqual(await fundedInOrder(t, maxima, order), { walk, held });
      });
  });

test('a wallet that does not answer in time costs its own bid only, whose money is free when it does', async (t) => {
  const room = await givenThree(t);
  const { deployment } = room;
  const silent = deployment.process.holdBack(({ stream }) => stream === 'wallet-ann:USD');
  const first = room.bid(ann, 20_00n);
  await silent.reached;
  assert.equal((await room.bid(bob, 15_00n)).outcome, 'accepted');
  silent.release();
  assert.equal(refusedWith(await first), 'funded_too_late');
  await deployment.settle();
  const types = (await deployment.types('auction-a1')).filter((type) => type.startsWith('Bid'));
  assert.deepEqual(types, ['BidPassedOver', 'BidAccepted', 'BidRefused']);
  assert.deepEqual((await room.audited()).held, { 'bob:USD/a1': 16_50n });
  assert.equal((await room.bid(ann, 20_00n)).outcome, 'accepted');
});
