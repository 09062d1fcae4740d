import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OpenAuction } from '#domain/auctions/auction/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { Withdraw } from '#domain/wallets/wallet/messages.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  opensAt,
  otto,
  Saleroom,
  sam,
  textIn,
} from '#test/support/saleroom.ts';

// Time passes for the running house, and while it is down.

const DAY_MS = 24 * 60 * 60 * 1_000;
const HALF_AN_HOUR_MS = 30 * 60 * 1_000;

/** When each event of a type occurred. */
async function moments({ house }: Saleroom, stream: string, type: string): Promise<readonly unknown[]> {
  return (await house.history(stream)).filter((it) => it.type === type).map((it) => it.metadata.occurredAt);
}

describe('an auction', () => {
  test('opens and closes at its time, to the millisecond', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    await room.house.advanceTo(later(opensAt, -1));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), []);
    await room.house.advanceTo(later(endsAt, -1));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), [opensAt]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), []);
    await room.house.advanceTo(later(endsAt, 1));
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [endsAt]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotPassed'), [endsAt]);
    await room.audited();
  });

  test('that somebody opens early closes at its time all the same', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    const early = room.house.clock.now();
    await room.house.done(OpenAuction({ auctionId: 'a1' }), otto);
    await room.house.advanceTo(later(endsAt, DAY_MS));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), [early]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [endsAt]);
    await room.audited();
  });

  for (const loseViews of [false, true])
    test(`that ended while the house was down ends once at the start${loseViews ? ', without any read model' : ''}`, async (t) => {
      const room = await givenOpenAuction(t);
      assert.equal((await room.bid(ann, 20_00n)).outcome, 'accepted');
      const at = later(endsAt, DAY_MS);
      await room.house.restart({ kill: true, loseViews, at });
      await room.house.settle();
      assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [at]);
      const end = ['LotClosing', 'LotSold', 'LotSettled'];
      assert.deepEqual((await room.house.types('auction-a1')).slice(-3), end);
      const head = await room.house.store.head();
      await room.house.restart({ kill: true, loseViews, at: later(at, DAY_MS) });
      await room.house.settle();
      assert.equal(await room.house.store.head(), head);
      await room.audited();
    });

  test('that should have opened and ended while the house was down does both at the start', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    await room.house.settle();
    await room.house.restart({ at: later(endsAt, DAY_MS) });
    await room.house.settle();
    const types = ['AuctionScheduled', 'AuctionOpened', 'LotClosing', 'LotPassed'];
    assert.deepEqual(await room.house.types('auction-a1'), types);
    assert.equal((await room.house.types('lot-l1')).at(-1), 'LotReturned');
    await room.audited();
  });
});

describe('a payment in that nobody confirms', () => {
  test('expires when its time is over, and once', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const asked = room.house.clock.now();
    const paymentId = await room.beginTopUp(ann, 50_00n);
    const expiry = later(asked, HALF_AN_HOUR_MS);
    await room.house.advanceTo(later(expiry, -1));
    assert.deepEqual(await moments(room, `payment-${paymentId}`, 'TopUpExpired'), []);
    await room.house.restart({ kill: true, at: later(expiry, DAY_MS) });
    await room.house.settle();
    await room.house.restart({ kill: true, loseViews: true });
    await room.house.settle();
    assert.deepEqual(await room.house.types(`payment-${paymentId}`), [
      'TopUpInitiated',
      'TopUpRequiresAction',
      'TopUpExpired',
    ]);
    assert.equal(textIn(await room.house.see('payments', paymentId), 'status'), 'expired');
    assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
    await room.audited();
  });

  test('is credited all the same when its confirmation comes late, once', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const paymentId = await room.beginTopUp(ann, 50_00n);
    const deliver = room.house.delayNotices();
    await room.confirmTopUps();
    await room.house.advanceTo(later(room.house.clock.now(), HALF_AN_HOUR_MS));
    assert.equal((await room.house.types(`payment-${paymentId}`)).at(-1), 'TopUpExpired');
    deliver();
    await room.house.reached(`payment-${paymentId}`, 'TopUpConfirmed');
    await room.house.settle();
    const notice = { noticeId: 'again', paymentId, amount: 50_00n, currency: 'USD' } as const;
    assert.equal(await room.house.tell({ ...notice, outcome: 'top_up_confirmed' }), true);
    await room.house.settle();
    assert.deepEqual((await room.house.types(`payment-${paymentId}`)).slice(-2), [
      'TopUpExpired',
      'TopUpConfirmed',
    ]);
    assert.equal(textIn(await room.house.see('payments', paymentId), 'status'), 'confirmed');
    assert.deepEqual(await room.balance(ann), { available: '15000', held: '0' });
    await room.audited();
  });
});

describe('a withdrawal', () => {
  test('whose process died for two days is either paid or released, never both', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const { process } = room.house;
    process.cutAfter(process.appends() + 1);
    await room.house.send(Withdraw({ amount: 60_00n, currency: 'USD' }), ann, 'w1');
    await process.dead;
    await room.house.restart({ kill: true, at: later(room.house.clock.now(), 2 * DAY_MS) });
    await room.house.settle();
    const types = await room.house.types('wallet-ann:USD');
    const ends = types.filter((type) => type === 'FundsReleased' || type === 'FundsCaptured');
    assert.equal(ends.length, 1);
    const { balances, held } = await room.audited();
    assert.deepEqual(held, {});
    const left = ends[0] === 'FundsReleased' ? 100_00n : 40_00n;
    assert.equal(balances['wallet:ann:USD:available'], left);
    assert.equal(balances['provider:simulated:USD'], -left);
  });

  test('that is under way does not expire, however long the provider takes', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann, bob, sam);
    const deliver = room.house.delayNotices();
    await room.house.done(Withdraw({ amount: 60_00n, currency: 'USD' }), ann);
    await room.house.advanceTo(later(room.house.clock.now(), 3 * DAY_MS));
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '6000' });
    deliver();
    await room.house.reached('wallet-ann:USD', 'FundsCaptured');
    await room.house.settle();
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '0' });
    assert.equal((await room.audited()).balances['provider:simulated:USD'], -240_00n);
  });
});
