import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auctions } from '#compose/contexts/auctions.ts';
import { wallets } from '#compose/contexts/wallets.ts';
import { registry } from '#compose/contexts.ts';
import { CancelAuction, CloseLot, DropHammer, OpenAuction } from '#domain/auctions/auction/messages.ts';
import { ConsignLot, ScheduleAuction } from '#domain/auctions/lot/messages.ts';
import { JoinAuction, PlaceBid } from '#domain/auctions/participant/messages.ts';
import { PublishSale, ScheduleSale } from '#domain/auctions/sale/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { money } from '#domain/kernel/money.ts';
import { verdictsOf } from '#domain/kernel/verdicts.ts';
import { CreditWallet, OpenWallet } from '#domain/wallets/wallet/messages.ts';
import { cancelAuction } from '#domain/workflows/cancel-auction.ts';
import { joinAuction } from '#domain/workflows/join-auction.ts';
import { placeBid } from '#domain/workflows/place-bid.ts';
import { scheduleAuction } from '#domain/workflows/schedule-auction.ts';
import { terms } from '#test/support/auctions.ts';
import { ann, otto, person, sam, system } from '#test/support/given.ts';
import { givenPlatform } from '#test/support/platform.ts';

// One bid's walk through the real write side: the door, the wallet, the auction, and back to whoever lost.

const usd = (amount: bigint) => money(amount, 'USD');
const bob = person('bob');
const id = { auctionId: 'a1' };

/** An open auction of Sam's lot with 10 % premium, in which Ann and Bob have joined with 100.00 each. */
async function givenAuction() {
  const platform = givenPlatform({
    contexts: [auctions.messages, wallets.messages],
    deciders: [...auctions.deciders, ...wallets.deciders],
    workflows: [scheduleAuction, cancelAuction, joinAuction, placeBid],
    reactions: auctions.reactions,
  });
  const done = async (...sent: Parameters<typeof platform.send>) => {
    const reply = await platform.send(...sent);
    assert.equal(reply.outcome, 'accepted', `${sent[0].command}: ${JSON.stringify(reply, plain)}`);
    return reply;
  };
  const { commission, opensAt, endsAt, title, description, categories, pictures } = terms;
  const sale = { saleId: 's1', title, description, currency: 'USD', commission };
  const premium = [{ rateBasisPoints: 1_000 }];
  await done(ScheduleSale({ ...sale, premium, ladderVersion: 1 }), otto);
  await done(PublishSale({ saleId: 's1' }), otto);
  const amounts = { estimateLow: usd(1_00n), estimateHigh: usd(9_00n), openingBid: usd(1_00n) };
  await done(ConsignLot({ lotId: 'l1', title, description, categories, pictures, ...amounts }), sam);
  await done(ScheduleAuction({ ...id, lotId: 'l1', saleId: 's1', opensAt, endsAt }), sam);
  await done(OpenAuction(id), sam);
  for (const each of [ann, bob]) {
    await done(OpenWallet({ currency: 'USD' }), each);
    const credit = { person: each.id, currency: 'USD', amount: 100_00n, movement: `m-${each.id}` };
    await done(CreditWallet({ ...credit, reason: 'top_up' }), system);
    await done(JoinAuction(id), each);
  }
  return {
    ...platform,
    done,
    bid: (who: Actor, amount: bigint, commandId?: string) =>
      platform.send(PlaceBid({ ...id, maximum: usd(amount) }), who, commandId),
    types: async (stream: string) => (await platform.history(stream)).map(({ type }) => type),
    /** What a wallet has left and holds, by its last event, when all is done: nothing can be sent after it. */
    async balance(who: Actor): Promise<unknown> {
      await platform.pipeline.drain();
      return (await platform.history(`wallet-${who.id}:USD`)).at(-1)?.data.balance;
    },
  };
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

test('a bid holds its maximum and premium, and being outbid frees them at once', async () => {
  const auction = await givenAuction();
  assert.equal((await auction.bid(ann, 10_00n)).outcome, 'accepted');
  assert.equal((await auction.bid(bob, 20_00n)).outcome, 'accepted');
  assert.deepEqual(await auction.balance(ann), { available: '10000', held: '0' });
  assert.deepEqual(await auction.balance(bob), { available: '7800', held: '2200' });
  assert.equal((await auction.types('wallet-ann:USD')).at(-1), 'ClaimEnded');
});

test('a raise holds only the difference', async () => {
  const auction = await givenAuction();
  await auction.bid(ann, 10_00n);
  assert.equal((await auction.bid(ann, 30_00n)).outcome, 'accepted');
  assert.deepEqual(await auction.balance(ann), { available: '6700', held: '3300' });
});

test('a low bid is turned away at the door, and the auction’s stream knows nothing of it', async () => {
  const auction = await givenAuction();
  await auction.bid(ann, 10_00n);
  const before = await auction.types('auction-a1');
  const reply = await auction.bid(bob, 1_10n);
  assert.ok(reply.outcome === 'rejected');
  assert.equal(reply.rejection.code, 'bid_too_low');
  assert.deepEqual(reply.rejection.details, { price: usd(1_00n), smallestBid: usd(1_25n) });
  assert.deepEqual(await auction.types('auction-a1'), before);
  assert.deepEqual(await auction.types('participant-a1:bob'), ['ParticipantJoined', 'BidRejected']);
});

test('a bid beyond the wallet is refused with what it needs, and a repeat gets the same answer', async () => {
  const auction = await givenAuction();
  for (const _ of [1, 2]) {
    const reply = await auction.bid(ann, 95_00n, 'c1');
    assert.ok(reply.outcome === 'rejected');
    assert.equal(reply.rejection.code, 'bid_not_funded');
    assert.deepEqual(reply.rejection.details, {
      needed: usd(104_50n),
      missing: usd(4_50n),
      cause: 'insufficient_funds',
    });
  }
  assert.equal((await auction.types('auction-a1')).includes('BidAccepted'), false);
});

test('the answer to a bid says whether it leads, and so does its repeat', async () => {
  const auction = await givenAuction();
  const leads = async (who: typeof ann, maximum: bigint, commandId: string) => {
    const reply = await auction.bid(who, maximum, commandId);
    assert.ok(reply.outcome === 'accepted' && reply.decision !== undefined);
    const { bidder, leader } = reply.decision.data as { bidder: string; leader: string };
    assert.equal(bidder, who.id);
    assert.deepEqual(verdictsOf(registry, reply), { leads: leader === who.id });
    return leader === who.id;
  };
  assert.equal(await leads(ann, 30_00n, 'c1'), true);
  assert.equal(await leads(bob, 20_00n, 'c1'), false);
  assert.equal(await leads(ann, 30_00n, 'c1'), true, 'as it was when it was decided');
});

test('a repeat of an accepted bid is answered as before and bids nothing', async () => {
  const auction = await givenAuction();
  const first = await auction.bid(ann, 10_00n, 'c1');
  const events = await auction.types('auction-a1');
  const again = await auction.bid(ann, 10_00n, 'c1');
  assert.equal(again.outcome, 'accepted');
  assert.deepEqual(again.position, first.position);
  assert.deepEqual(await auction.types('auction-a1'), events);
});

test('a bid that does not lead is accepted and its funds are free again', async () => {
  const auction = await givenAuction();
  await auction.bid(ann, 20_00n);
  assert.equal((await auction.bid(bob, 10_00n)).outcome, 'accepted');
  assert.deepEqual(await auction.balance(bob), { available: '10000', held: '0' });
  assert.deepEqual(await auction.balance(ann), { available: '7800', held: '2200' });
});

test('a cancelled auction frees who led and gives the lot back', async () => {
  const auction = await givenAuction();
  await auction.bid(ann, 10_00n);
  await auction.done(CancelAuction({ ...id, cause: 'A forgery.' }), otto);
  assert.deepEqual(await auction.balance(ann), { available: '10000', held: '0' });
  assert.equal((await auction.types('lot-l1')).at(-1), 'LotReturned');
});

test('the hammer gives the lot to its buyer, whose funds stay held for the settlement', async () => {
  const auction = await givenAuction();
  await auction.bid(ann, 10_00n);
  auction.clock.advanceTo(terms.endsAt);
  await auction.done(CloseLot(id), system);
  const late = await auction.bid(bob, 50_00n);
  assert.ok(late.outcome === 'rejected');
  assert.equal(late.rejection.code, 'auction_closed');
  await auction.done(DropHammer(id), system);
  assert.deepEqual(await auction.balance(ann), { available: '8900', held: '1100' });
  assert.equal((await auction.types('lot-l1')).at(-1), 'OwnershipPassed');
});

test('an auction’s id that another lot has is refused, and the lot comes back', async () => {
  const auction = await givenAuction();
  const { opensAt, endsAt, title, description, categories, pictures } = terms;
  const amounts = { estimateLow: usd(1_00n), estimateHigh: usd(9_00n), openingBid: usd(1_00n) };
  await auction.done(ConsignLot({ lotId: 'l2', title, description, categories, pictures, ...amounts }), sam);
  const reply = await auction.send(
    ScheduleAuction({ ...id, lotId: 'l2', saleId: 's1', opensAt, endsAt }),
    sam,
  );
  assert.ok(reply.outcome === 'rejected');
  assert.equal(reply.rejection.code, 'auction_exists');
  await auction.pipeline.drain();
  assert.deepEqual(await auction.types('lot-l2'), ['LotConsigned', 'LotOffered', 'LotReturned']);
});
