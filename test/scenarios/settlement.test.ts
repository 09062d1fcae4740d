import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloseAccount, ErasePerson, LockAccount, UnlockAccount } from '#domain/accounts/account/messages.ts';
import { CancelAuction } from '#domain/auctions/auction/messages.ts';
import { ScheduleAuction } from '#domain/auctions/lot/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { CloseWallet, OpenWallet, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { person } from '#test/support/given.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  otto,
  refusedWith,
  type Saleroom,
  sam,
  textIn,
  usd,
} from '#test/support/saleroom.ts';

// What a lot's end does to everybody's money, to the cent: 10 % premium, 5 % commission rounded half up.

const cancel = CancelAuction({ auctionId: 'a1', cause: 'A forgery.' });
const untouched = { available: '10000', held: '0' };

/** Everybody's money is where it was before the first bid. */
async function nothingMoved(room: Saleroom): Promise<void> {
  assert.deepEqual(await room.balance(ann), untouched);
  assert.deepEqual(await room.balance(bob), untouched);
  const { balances, held } = await room.audited();
  assert.deepEqual(held, {});
  assert.deepEqual(balances['provider:simulated:USD'], -200_00n);
  assert.equal((await room.deployment.types('lot-l1')).at(-1), 'LotReturned');
}

test('sold: the buyer pays hammer and premium, the seller gets the rest, the house its fees', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  await room.bid(bob, 30_00n);
  await room.deployment.advanceTo(endsAt);
  const { balances, held } = await room.audited();
  assert.deepEqual(held, {});
  assert.deepEqual(balances, {
    'provider:simulated:USD': -200_00n,
    'wallet:ann:USD:available': 100_00n,
    'wallet:ann:USD:held': 0n,
    'wallet:bob:USD:available': 77_45n,
    'wallet:bob:USD:held': 0n,
    // 20.50 less 1.025 of commission.
    'wallet:sam:USD:available': 19_47n,
    'platform:fees:USD': 3_08n,
  });
  const seen = await room.deployment.see('settlements', 'a1');
  assert.deepEqual(
    { ...seen, movement: undefined, position: undefined },
    {
      position: undefined,
      ...{ id: 'a1', movement: undefined, lotId: 'l1', seller: 'sam', buyer: 'bob', status: 'settled' },
      ...{ hammer: usd(20_50n), premium: usd(2_05n), commission: usd(1_03n), paid: usd(22_55n) },
      ...{ proceeds: usd(19_47n), paidTo: 'seller', debtPaid: usd(0n), soldAt: endsAt, settledAt: endsAt },
    },
  );
  const movement = textIn(seen, 'movement');
  const clearing = await room.deployment.see('clearing', `${movement}:USD`);
  assert.deepEqual(
    { ...clearing },
    {
      ...{ id: `${movement}:USD`, movement, currency: 'USD', balance: 0n, total: 22_55n },
      ...{ overdrawn: false, startedAt: endsAt, updatedAt: endsAt },
    },
  );
  const end = ['FundsReserved', 'FundsCaptured'];
  assert.deepEqual((await room.deployment.types('wallet-bob:USD')).slice(-2), end);
  assert.equal((await room.deployment.types('lot-l1')).at(-1), 'OwnershipPassed');
});

test('sold while the seller’s wallet is closed: the proceeds are owed to the seller, and paid into the next wallet', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  await room.bid(bob, 30_00n);
  await room.deployment.done(CloseWallet({ currency: 'USD' }), sam);
  await room.deployment.advanceTo(endsAt);
  const { balances, held } = await room.audited();
  assert.deepEqual(held, {});
  assert.equal(balances['wallet:sam:USD:available'], undefined);
  assert.equal(balances['unclaimed:sam:USD'], 19_47n);
  assert.equal(balances['platform:fees:USD'], 3_08n);
  assert.equal(balances['wallet:bob:USD:available'], 77_45n);
  assert.equal((await room.deployment.types('wallet-sam:USD')).at(-1), 'CreditRefused');
  const seen = await room.deployment.see('settlements', 'a1');
  assert.deepEqual([textIn(seen, 'status'), textIn(seen, 'paidTo')], ['settled', 'unclaimed']);
  assert.equal(textIn(seen, 'problem'), 'proceeds: unclaimed');
  const owed = await room.deployment.see('unclaimed', 'sam:USD');
  assert.deepEqual([textIn(owed, 'person'), textIn(owed, 'lastReason')], ['sam', 'sale_proceeds']);
  await room.deployment.done(OpenWallet({ currency: 'USD' }), sam);
  await room.deployment.settle();
  assert.deepEqual(await room.balance(sam), { available: '1947', held: '0' });
  assert.equal((await room.audited()).balances['unclaimed:sam:USD'], 0n);
});

test('sold at the reserve: it is the price, and below it nobody is told what it is', async (t) => {
  const room = await givenOpenAuction(t, { reserve: 25_00n });
  await room.bid(ann, 20_00n);
  assert.deepEqual(await room.deployment.see('auctions', 'a1').then(priceOf), {
    price: usd(20_00n),
    met: false,
  });
  await room.bid(bob, 30_00n);
  assert.deepEqual(await room.deployment.see('auctions', 'a1').then(priceOf), {
    price: usd(25_00n),
    met: true,
  });
  await room.deployment.advanceTo(endsAt);
  assert.equal((await room.audited()).balances['wallet:bob:USD:available'], 100_00n - 27_50n);
});

const priceOf = (auction: object | undefined): object => {
  const { price, reserveMet: met } = auction as { price: object; reserveMet: boolean };
  return { price, met };
};

test('passed below the reserve: who led gets everything back', async (t) => {
  const room = await givenOpenAuction(t, { reserve: 50_00n });
  await room.bid(ann, 20_00n);
  await room.bid(bob, 30_00n);
  await room.bid(bob, 40_00n);
  assert.deepEqual(await room.balance(bob), { available: '5600', held: '4400' });
  await room.deployment.advanceTo(endsAt);
  assert.equal((await room.deployment.types('auction-a1')).at(-1), 'LotPassed');
  await nothingMoved(room);
  assert.equal(await room.deployment.see('settlements', 'a1'), undefined);
  assert.equal(textIn(await room.deployment.see('auctions', 'a1'), 'phase'), 'passed');
  assert.equal(textIn(await room.deployment.see('holds', 'bob:USD:a1'), 'status'), 'resting');
});

test('cancelled with a leader: who led gets everything back', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  await room.bid(ann, 30_00n);
  assert.deepEqual(await room.balance(ann), { available: '6700', held: '3300' });
  await room.deployment.done(cancel, otto);
  await room.deployment.advanceTo(endsAt);
  assert.equal((await room.deployment.types('auction-a1')).at(-1), 'AuctionCancelled');
  await nothingMoved(room);
});

test('cancelled while a bid is being funded: that one gets everything back, too', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  const held = room.deployment.process.holdBack(({ stream }) => stream === 'wallet-bob:USD');
  const bid = room.bid(bob, 30_00n);
  await held.reached;
  await room.deployment.done(cancel, otto);
  held.release();
  assert.equal(refusedWith(await bid), 'auction_not_open');
  await room.deployment.settle();
  assert.deepEqual((await room.deployment.types('wallet-bob:USD')).slice(-2), [
    'FundsReserved',
    'ClaimEnded',
  ]);
  await nothingMoved(room);
});

test('cancelled between its end and the hammer: nothing is sold', async (t) => {
  const room = await givenOpenAuction(t);
  await room.bid(ann, 20_00n);
  const held = room.deployment.process.holdBack(({ stream }) => stream === 'wallet-bob:USD');
  const bid = room.bid(bob, 30_00n);
  await held.reached;
  room.deployment.clock.advanceTo(endsAt);
  await room.deployment.reached('auction-a1', 'LotClosing');
  await room.deployment.done(cancel, otto);
  held.release();
  assert.equal(refusedWith(await bid), 'auction_not_open');
  await room.deployment.settle();
  const end = ['LotClosing', 'AuctionCancelled', 'BidRefused'];
  assert.deepEqual((await room.deployment.types('auction-a1')).slice(-3), end);
  await nothingMoved(room);
});

test('who sells does not leave before they are paid, and whose account is closed sells nothing more', async (t) => {
  const room = await givenOpenAuction(t);
  const { deployment } = room;
  await room.register(sam);
  const leave = CloseAccount({ forGood: true });
  const refusal = async () => refusedWith(await deployment.process.send(leave, sam));
  const ada = person('ada', ['admin']);
  const erase = ErasePerson({ person: sam.id, cause: 'asked' });
  await deployment.done(LockAccount(LockAccount.schema.decode({ person: sam.id, cause: 'Asked.' })), ada);
  assert.equal(refusedWith(await deployment.process.send(erase, ada)), 'sales_open');
  await deployment.done(UnlockAccount(UnlockAccount.schema.decode({ person: sam.id, cause: 'Waits.' })), ada);
  await room.consign({}, 'l2');
  await room.bid(ann, 20_00n);
  assert.equal(await refusal(), 'sales_open');
  // The winner's wallet does not answer: the hammer has fallen, and nobody is paid.
  const held = deployment.process.holdBack(({ stream }) => stream === 'wallet-ann:USD');
  deployment.clock.advanceTo(endsAt);
  await held.reached;
  assert.equal(await refusal(), 'sales_open');
  held.release();
  await deployment.settle();
  assert.equal(await refusal(), 'money_left');
  await deployment.done(Withdraw({ amount: 95n, currency: 'USD' }), sam);
  await deployment.settle();
  await deployment.done(CloseWallet({ currency: 'USD' }), sam);
  await deployment.done(leave, sam);
  const again = {
    auctionId: 'a2',
    lotId: 'l2',
    saleId: 's1',
    opensAt: endsAt,
    endsAt: later(endsAt, 3_600_000),
  };
  for (const who of [sam, otto])
    assert.equal(refusedWith(await deployment.process.send(ScheduleAuction(again), who)), 'seller_gone');
  await deployment.settle();
  assert.deepEqual(await deployment.types('consignor-sam'), ['SellingBegun', 'SellingEnded']);
  await room.audited();
});
