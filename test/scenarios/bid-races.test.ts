import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { Transfer, Withdraw } from '#domain/wallets/wallet/messages.ts';
import type { Deployment } from '#test/support/deployment.ts';
import { ann, bob, endsAt, givenOpenAuction, refusedWith, sam, usd } from '#test/support/saleroom.ts';

// What breaks a naive design, on the whole platform: answers that are lost, and people who act at the same time.

/** How often each type stands in the history. */
async function counts(deployment: Deployment): Promise<Readonly<Record<string, number>>> {
  const counted: Record<string, number> = {};
  for (const { type } of await deployment.everything()) counted[type] = (counted[type] ?? 0) + 1;
  return counted;
}

describe('a retry', () => {
  test('of an accepted bid whose answer was lost is answered as before, also after a crash', async (t) => {
    const room = await givenOpenAuction(t);
    const first = await room.bid(ann, 20_00n, 'c1');
    assert.equal(first.outcome, 'accepted');
    assert.deepEqual(await room.bid(ann, 20_00n, 'c1'), first);
    await room.deployment.restart({ kill: true });
    assert.deepEqual(await room.bid(ann, 20_00n, 'c1'), first);
    await room.deployment.restart({ kill: true, loseViews: true });
    assert.deepEqual(await room.bid(ann, 20_00n, 'c1'), first);
    assert.equal(refusedWith(await room.bid(ann, 30_00n, 'c1')), 'idempotency_mismatch');
    await room.deployment.settle();
    const { BidPlaced, FundsReserved, BidAccepted } = await counts(room.deployment);
    assert.deepEqual([BidPlaced, FundsReserved, BidAccepted], [1, 1, 1]);
    assert.deepEqual(await room.balance(ann), { available: '7800', held: '2200' });
    assert.deepEqual((await room.audited()).held, { 'ann:USD/a1': 22_00n });
  });

  test('of a bid beside the first try bids once, whichever process it reaches', async (t) => {
    const room = await givenOpenAuction(t);
    const other = await room.deployment.beside();
    const tries = [undefined, other, undefined, other].map((at) => room.bid(ann, 20_00n, 'c1', at));
    const replies = await Promise.all(tries);
    for (const reply of replies) assert.deepEqual(reply, replies[0]);
    assert.equal(replies[0]?.outcome, 'accepted');
    await room.deployment.settle();
    const { BidPlaced, FundsReserved, BidAccepted } = await counts(room.deployment);
    assert.deepEqual([BidPlaced, FundsReserved, BidAccepted], [1, 1, 1]);
    await room.audited();
  });

  test('of a refused withdrawal stays refused after a top-up, and a new one succeeds', async (t) => {
    const room = await givenOpenAuction(t);
    const withdraw = Withdraw({ amount: 150_00n, currency: 'USD' });
    const refused = await room.deployment.send(withdraw, ann, 'w1');
    assert.equal(refusedWith(refused), 'insufficient_funds');
    await room.beginTopUp(ann, 100_00n);
    await room.confirmTopUps();
    assert.deepEqual(await room.balance(ann), { available: '20000', held: '0' });
    assert.deepEqual(await room.deployment.send(withdraw, ann, 'w1'), refused);
    await room.deployment.restart({ kill: true });
    assert.deepEqual(await room.deployment.send(withdraw, ann, 'w1'), refused);
    await room.deployment.done(withdraw, ann, 'w2');
    await room.deployment.settle();
    assert.deepEqual(await room.balance(ann), { available: '5000', held: '0' });
    await room.audited();
  });
});

/** Ann leads and raises to this maximum; Bob bids 20.00 and has his money held before hers is. Both are accepted. */
async function fundedFirst(t: TestContext, maximum: bigint) {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 10_00n);
  const held = room.deployment.process.holdBack(({ stream }) => stream === 'wallet-ann:USD');
  const raise = room.bid(ann, maximum);
  await held.reached;
  const rival = room.bid(bob, 20_00n);
  await room.deployment.reached('wallet-bob:USD', 'FundsReserved');
  held.release();
  assert.deepEqual([(await raise).outcome, (await rival).outcome], ['accepted', 'accepted']);
  await room.deployment.settle();
  return room;
}

describe('a raise whose money is held after that of a later bid', () => {
  test('stands before it when it is higher, and the other’s funds are free', async (t) => {
    const room = await fundedFirst(t, 30_00n);
    const accepted = (await room.deployment.history('auction-a1')).filter(
      ({ type }) => type === 'BidAccepted',
    );
    const walk = accepted.map(({ data }) => [data.bidder, data.leader, data.price]);
    assert.deepEqual(walk, [
      ['ann', 'ann', '100'],
      ['ann', 'ann', '100'],
      ['bob', 'ann', '2050'],
    ]);
    assert.deepEqual(await room.balance(ann), { available: '6700', held: '3300' });
    assert.deepEqual(await room.balance(bob), { available: '10000', held: '0' });
    assert.deepEqual((await room.audited()).held, { 'ann:USD/a1': 33_00n });
  });

  test('stands before it when it is lower, and all of the raiser’s funds are free', async (t) => {
    const room = await fundedFirst(t, 15_00n);
    const last = (await room.deployment.history('auction-a1')).at(-1);
    assert.deepEqual([last?.data.bidder, last?.data.leader, last?.data.price], ['bob', 'bob', '1550']);
    assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
    assert.deepEqual((await room.audited()).held, { 'bob:USD/a1': 22_00n });
  });
});

describe('two equal maxima at once from two processes', () => {
  for (const [first, second] of [
    [ann, bob],
    [bob, ann],
  ] as const)
    test(`${first.id} is placed first and leads, though funded last; ${second.id}’s funds are free`, async (t) => {
      const room = await givenOpenAuction(t);
      const fast = await room.deployment.beside();
      const slow = await room.deployment.beside();
      // The catch-up consumer of the first process, which meets both bids too, is as slow.
      const behind = [slow, room.deployment.process].map((at) =>
        at.holdBack(({ stream }) => stream === `wallet-${first.id}:USD`),
      );
      const sooner = room.bid(first, 20_00n, undefined, slow);
      await behind[0]?.reached;
      const later = room.bid(second, 20_00n, undefined, fast);
      await room.deployment.reached(`wallet-${second.id}:USD`, 'FundsReserved');
      for (const held of behind) held.release();
      assert.deepEqual([(await sooner).outcome, (await later).outcome], ['accepted', 'accepted']);
      await room.deployment.settle();
      const accepted = (await room.deployment.history('auction-a1')).filter(
        ({ type }) => type === 'BidAccepted',
      );
      const walk = accepted.map(({ data }) => [data.bidder, data.leader, data.price]);
      assert.deepEqual(walk, [
        [first.id, first.id, '100'],
        [second.id, first.id, '2000'],
      ]);
      assert.deepEqual(await room.balance(second), { available: '10000', held: '0' });
      assert.deepEqual((await room.audited()).held, { [`${first.id}:USD/a1`]: 22_00n });
    });

  test('whoever it is, exactly one leads', async (t) => {
    const room = await givenOpenAuction(t);
    const other = await room.deployment.beside();
    await Promise.all([room.bid(ann, 20_00n), room.bid(bob, 20_00n, undefined, other)]);
    await room.deployment.settle();
    const accepted = (await room.deployment.history('auction-a1')).filter(
      ({ type }) => type === 'BidAccepted',
    );
    const leader = String(accepted[0]?.data.bidder);
    assert.deepEqual(
      accepted.map(({ data }) => data.leader),
      [leader, leader],
    );
    assert.deepEqual((await room.audited()).held, { [`${leader}:USD/a1`]: 22_00n });
  });
});

describe('the end of a lot', () => {
  test('a bid placed 1 ms before it counts, though its funding comes after: the hammer waits', async (t) => {
    const room = await givenOpenAuction(t);
    const { deployment } = room;
    await room.bid(ann, 10_00n);
    await deployment.advanceTo(later(endsAt, -1));
    const held = deployment.process.holdBack(({ stream }) => stream === 'wallet-bob:USD');
    const bid = room.bid(bob, 20_00n);
    await held.reached;
    deployment.clock.advanceTo(endsAt);
    await deployment.reached('auction-a1', 'LotClosing');
    const seen = (await deployment.see('auctions', 'a1')) as { phase: string };
    assert.equal(seen.phase, 'closing');
    // Long enough for a hammer that does not wait; the assertion below does not depend on it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await deployment.types('auction-a1')).at(-1), 'LotClosing');
    held.release();
    assert.equal((await bid).outcome, 'accepted');
    await deployment.settle();
    assert.deepEqual((await deployment.types('auction-a1')).slice(-4), [
      'LotClosing',
      'BidAccepted',
      'LotSold',
      'LotSettled',
    ]);
    const sold = (await deployment.history('auction-a1')).find(({ type }) => type === 'LotSold');
    assert.deepEqual([sold?.data.winner, sold?.data.hammer], ['bob', '1050']);
    const { balances, held: left } = await room.audited();
    assert.deepEqual(left, {});
    assert.equal(balances['wallet:ann:USD:available'], 100_00n);
    assert.equal(balances['wallet:bob:USD:available'], 100_00n - 11_55n);
  });

  test('a bid that stands behind it is refused, and its funds are freed', async (t) => {
    const room = await givenOpenAuction(t);
    const { deployment } = room;
    await room.bid(ann, 10_00n);
    const held = deployment.process.holdBack(({ type }) => type === 'BidPlaced');
    const bid = room.bid(bob, 20_00n);
    await held.reached;
    await deployment.advanceTo(endsAt);
    held.release();
    assert.equal(refusedWith(await bid), 'auction_closed');
    await deployment.settle();
    assert.deepEqual((await deployment.types('participant-a1:bob')).at(-1), 'BidPlaced');
    assert.equal((await deployment.types('auction-a1')).at(-1), 'BidRefused');
    assert.deepEqual((await deployment.types('wallet-bob:USD')).slice(-2), ['FundsReserved', 'ClaimEnded']);
    assert.deepEqual(await room.balance(bob), { available: '10000', held: '0' });
    const { balances, held: left } = await room.audited();
    assert.deepEqual(left, {});
    assert.equal(balances['wallet:ann:USD:available'], 100_00n - 1_10n);
  });

  test('a bid behind it is refused behind one before it that the hammer still waits for', async (t) => {
    const room = await givenOpenAuction(t);
    const { deployment } = room;
    const slow = deployment.process.holdBack(({ stream }) => stream === 'wallet-ann:USD');
    const inTime = room.bid(ann, 10_00n);
    await slow.reached;
    const late = deployment.process.holdBack(({ type }) => type === 'BidPlaced');
    const tooLate = room.bid(bob, 20_00n);
    await late.reached;
    deployment.clock.advanceTo(endsAt);
    await deployment.reached('auction-a1', 'LotClosing');
    late.release();
    slow.release();
    assert.equal((await inTime).outcome, 'accepted');
    assert.equal(refusedWith(await tooLate), 'auction_closed');
    await deployment.settle();
    const end = ['LotClosing', 'BidAccepted', 'BidRefused', 'LotSold', 'LotSettled'];
    assert.deepEqual((await deployment.types('auction-a1')).slice(-5), end);
    const { balances, held: left } = await room.audited();
    assert.deepEqual(left, {});
    assert.equal(balances['wallet:bob:USD:available'], 100_00n);
    assert.equal(balances['wallet:ann:USD:available'], 100_00n - 1_10n);
  });
});

test('funds that are gone between precondition and hold: the bid is refused and the auction knows nothing of it', async (t) => {
  const room = await givenOpenAuction(t);
  const { deployment } = room;
  const before = await deployment.types('auction-a1');
  const held = deployment.process.holdBack(({ type }) => type === 'BidPlaced');
  const bid = room.bid(ann, 20_00n, 'c1');
  await held.reached;
  await deployment.done(Transfer({ to: bob.id, amount: 90_00n, currency: 'USD' }), ann);
  held.release();
  const reply = await bid;
  assert.equal(refusedWith(reply), 'bid_not_funded');
  assert.deepEqual(reply.outcome === 'rejected' && reply.rejection.details, {
    needed: usd(22_00n),
    missing: usd(12_00n),
    cause: 'insufficient_funds',
  });
  await deployment.settle();
  assert.deepEqual(await deployment.types('auction-a1'), before);
  assert.equal((await deployment.types('wallet-ann:USD')).at(-1), 'FundsRefused');
  // The refusal is recorded: money that comes later does not change the answer.
  await deployment.done(Transfer({ to: ann.id, amount: 90_00n, currency: 'USD' }), bob);
  await deployment.settle();
  assert.deepEqual(await room.bid(ann, 20_00n, 'c1'), reply);
  assert.equal((await room.bid(ann, 20_00n, 'c2')).outcome, 'accepted');
  await deployment.settle();
  assert.deepEqual((await room.audited()).held, { 'ann:USD/a1': 22_00n });
  assert.deepEqual(await deployment.see('wallets', 'sam:USD'), {
    ...{ id: 'sam:USD', person: sam.id, currency: 'USD', status: 'open', owed: 0n, available: 0n, held: 0n },
    ...{ openedAt: '2026-03-01T12:00:00.000Z', updatedAt: '2026-03-01T12:00:00.000Z' },
  });
});
