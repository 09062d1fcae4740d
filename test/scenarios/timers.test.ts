import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OpenAuction } from '#domain/auctions/auction/messages.ts';
import { ScheduleAuction } from '#domain/auctions/lot/messages.ts';
import { JoinAuction } from '#domain/auctions/participant/messages.ts';
import { later } from '#domain/kernel/instant.ts';
import { RequestTopUp, Withdraw } from '#domain/wallets/wallet/messages.ts';
import { person } from '#test/support/given.ts';
import {
  ann,
  bob,
  endsAt,
  givenOpenAuction,
  opensAt,
  otto,
  refusedWith,
  Saleroom,
  sam,
  textIn,
} from '#test/support/saleroom.ts';
import { told } from '#test/support/told.ts';

// Time passes for the running platform, and while it is down.

const eve = person('eve');
const DAY_MS = 24 * 60 * 60 * 1_000;
const HALF_AN_HOUR_MS = 30 * 60 * 1_000;

/** When each event of a type occurred. */
async function moments({ deployment }: Saleroom, stream: string, type: string): Promise<readonly unknown[]> {
  return (await deployment.history(stream))
    .filter((it) => it.type === type)
    .map((it) => it.metadata.occurredAt);
}

describe('an auction', () => {
  test('opens and closes at its time, to the millisecond', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    await room.deployment.advanceTo(later(opensAt, -1));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), []);
    await room.deployment.advanceTo(later(endsAt, -1));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), [opensAt]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), []);
    await room.deployment.advanceTo(later(endsAt, 1));
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [endsAt]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotPassed'), [endsAt]);
    await room.audited();
  });

  test('that somebody opens early closes at its time all the same', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    const early = room.deployment.clock.now();
    await room.deployment.done(OpenAuction({ auctionId: 'a1' }), otto);
    await room.deployment.advanceTo(later(endsAt, DAY_MS));
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), [early]);
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [endsAt]);
    await room.audited();
  });

  for (const loseViews of [false, true])
    test(`that ended while the platform was down ends once at the start${loseViews ? ', without any read model' : ''}`, async (t) => {
      const room = await givenOpenAuction(t);
      assert.equal((await room.bid(ann, 20_00n)).outcome, 'accepted');
      const at = later(endsAt, DAY_MS);
      await room.deployment.restart({ kill: true, loseViews, at });
      await room.deployment.settle();
      assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [at]);
      const end = ['LotClosing', 'LotSold', 'LotSettled'];
      assert.deepEqual((await room.deployment.types('auction-a1')).slice(-3), end);
      const head = await room.deployment.store.head();
      await room.deployment.restart({ kill: true, loseViews, at: later(at, DAY_MS) });
      await room.deployment.settle();
      assert.equal(await room.deployment.store.head(), head);
      await room.audited();
    });

  test('takes no bid from the moment on at which it ends, although nobody runs who could close it', async (t) => {
    const room = await givenOpenAuction(t);
    assert.equal((await room.bid(ann, 20_00n)).outcome, 'accepted');
    await room.deployment.settle();
    await room.deployment.process.kill();
    const door = await room.deployment.beside();
    room.deployment.clock.advanceTo(later(endsAt, -1));
    const inTime = await room.bid(bob, 30_00n, 'in-time', door);
    assert.equal(inTime.outcome, 'accepted', told(inTime));
    room.deployment.clock.advanceTo(endsAt);
    assert.equal(refusedWith(await room.bid(ann, 50_00n, 'late', door)), 'auction_closed');
    assert.equal(refusedWith(await room.bid(ann, 50_00n, 'late', door)), 'auction_closed');
    const joining = await door.send(JoinAuction({ auctionId: 'a1' }), eve);
    assert.equal(refusedWith(joining), 'auction_not_open');
    await door.stop();
    await room.deployment.restart({ kill: true, at: later(endsAt, 6_000) });
    assert.equal(refusedWith(await room.bid(ann, 60_00n)), 'auction_closed');
    await room.deployment.settle();
    const sold = (await room.deployment.history('auction-a1')).find(({ type }) => type === 'LotSold');
    assert.equal(sold?.data.winner, 'bob');
    await room.audited();
  });

  test('counts a bid that was placed in its last moment and is funded a day behind its end', async (t) => {
    const room = await givenOpenAuction(t);
    room.deployment.clock.advanceTo(later(endsAt, -1));
    const { process } = room.deployment;
    // The bid is recorded, and nothing behind it.
    process.cutAfter(process.appends() + 1);
    await room.bid(ann, 20_00n, 'last');
    await process.dead;
    await room.deployment.restart({ kill: true, at: later(endsAt, DAY_MS) });
    await room.deployment.settle();
    const end = ['BidAccepted', 'LotSold', 'LotSettled'];
    const types = (await room.deployment.types('auction-a1')).filter((type) => type !== 'LotClosing');
    assert.deepEqual(types.slice(-3), end);
    await room.audited();
  });

  test('that should have opened and ended while the platform was down never opens, and everybody is told why', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    await room.join(ann);
    await room.deployment.settle();
    await room.deployment.process.kill();
    const door = await room.deployment.beside();
    room.deployment.clock.advanceTo(endsAt);
    assert.equal(refusedWith(await room.bid(ann, 20_00n, 'late', door)), 'auction_closed');
    const byHand = await door.send(OpenAuction({ auctionId: 'a1' }), otto);
    assert.equal(refusedWith(byHand), 'auction_over');
    await door.stop();
    await room.deployment.restart({ kill: true, at: later(endsAt, DAY_MS) });
    await room.deployment.settle();
    assert.deepEqual(await room.deployment.types('auction-a1'), ['AuctionScheduled', 'LotPassed']);
    const auction = await room.deployment.see('auctions', 'a1');
    assert.deepEqual(
      [textIn(auction, 'phase'), textIn(auction, 'passedBecause')],
      ['passed', 'never_opened'],
    );
    assert.equal(textIn(await room.deployment.see('lots', 'l1'), 'phase'), 'consigned');
    const now = room.deployment.clock.now();
    const again = { opensAt: later(now, DAY_MS), endsAt: later(now, 2 * DAY_MS) };
    await room.deployment.done(
      ScheduleAuction({ auctionId: 'a2', lotId: 'l1', saleId: 's1', ...again }),
      sam,
    );
    await room.audited();
  });

  test('that the platform could open late, within its time, opens and ends at its moment', async (t) => {
    const room = await Saleroom.open(t);
    await room.schedule();
    await room.deployment.settle();
    const late = later(opensAt, DAY_MS);
    await room.deployment.restart({ kill: true, at: late });
    await room.deployment.settle();
    assert.deepEqual(await moments(room, 'auction-a1', 'AuctionOpened'), [late]);
    await room.deployment.advanceTo(later(endsAt, 1));
    assert.deepEqual(await moments(room, 'auction-a1', 'LotClosing'), [endsAt]);
    await room.audited();
  });
});

describe('a payment in that nobody confirms', () => {
  test('expires when its time is over, and once', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const asked = room.deployment.clock.now();
    const paymentId = await room.beginTopUp(ann, 50_00n);
    const expiry = later(asked, HALF_AN_HOUR_MS);
    await room.deployment.advanceTo(later(expiry, -1));
    assert.deepEqual(await moments(room, `payment-${paymentId}`, 'TopUpExpired'), []);
    await room.deployment.restart({ kill: true, at: later(expiry, DAY_MS) });
    await room.deployment.settle();
    await room.deployment.restart({ kill: true, loseViews: true });
    await room.deployment.settle();
    assert.deepEqual(await room.deployment.types(`payment-${paymentId}`), [
      'TopUpInitiated',
      'TopUpRequiresAction',
      'TopUpExpired',
    ]);
    assert.equal(textIn(await room.deployment.see('payments', paymentId), 'status'), 'expired');
    assert.deepEqual(await room.balance(ann), { available: '10000', held: '0' });
    await room.audited();
  });

  test('is credited all the same when its confirmation comes late, once', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const paymentId = await room.beginTopUp(ann, 50_00n);
    const deliver = room.deployment.delayNotices();
    await room.confirmTopUps();
    await room.deployment.advanceTo(later(room.deployment.clock.now(), HALF_AN_HOUR_MS));
    assert.equal((await room.deployment.types(`payment-${paymentId}`)).at(-1), 'TopUpExpired');
    deliver();
    await room.deployment.reached(`payment-${paymentId}`, 'TopUpConfirmed');
    await room.deployment.settle();
    const notice = { noticeId: 'again', paymentId, amount: 50_00n, currency: 'USD' } as const;
    assert.equal(await room.deployment.tell({ ...notice, outcome: 'top_up_confirmed' }), true);
    await room.deployment.settle();
    assert.deepEqual((await room.deployment.types(`payment-${paymentId}`)).slice(-3), [
      'TopUpExpired',
      'TopUpConfirmed',
      'NoticeNoted',
    ]);
    assert.equal(textIn(await room.deployment.see('payments', paymentId), 'status'), 'confirmed');
    assert.deepEqual(await room.balance(ann), { available: '15000', held: '0' });
    await room.audited();
  });
});

describe('a payment that the provider never answers for', () => {
  test('expires when it comes in, and what is confirmed behind that is credited', async (t) => {
    let isSilent = false;
    const room = await Saleroom.open(t, { isSilent: () => isSilent });
    await room.fund(ann);
    isSilent = true;
    const asked = await room.deployment.done(RequestTopUp({ amount: 50_00n, currency: 'USD' }), ann);
    const paymentId = textIn(asked.events[0]?.data, 'paymentId');
    const payment = `payment-${paymentId}`;
    await room.deployment.reached(payment, 'TopUpInitiated');
    room.deployment.clock.advanceTo(later(room.deployment.clock.now(), DAY_MS));
    await room.deployment.reached('wallet-ann:USD', 'TopUpEnded');
    assert.deepEqual(await room.deployment.types(payment), ['TopUpInitiated', 'TopUpExpired']);
    const notice = { noticeId: 'late', paymentId, amount: 50_00n, currency: 'USD' } as const;
    assert.equal(await room.deployment.tell({ ...notice, outcome: 'top_up_confirmed' }), true);
    await room.deployment.reached(payment, 'TopUpConfirmed');
    isSilent = false;
    await room.deployment.restart({ kill: true });
    await room.deployment.settle();
    assert.deepEqual(await room.balance(ann), { available: '15000', held: '0' });
  });

  test('is held when it goes out, because it may have been paid, and asked for until there is an answer', async (t) => {
    let isSilent = false;
    const room = await Saleroom.open(t, { isSilent: () => isSilent });
    await room.fund(ann, bob);
    isSilent = true;
    const deliver = room.deployment.delayNotices();
    await room.deployment.done(Withdraw({ amount: 60_00n, currency: 'USD' }), ann);
    await room.deployment.reached('wallet-ann:USD', 'HoldCommitted');
    room.deployment.clock.advanceTo(later(room.deployment.clock.now(), 3 * DAY_MS));
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '6000' });
    isSilent = false;
    deliver();
    await room.deployment.restart({ kill: true });
    await room.deployment.settle();
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '0' });
    assert.equal((await room.audited()).balances['provider:simulated:USD'], -140_00n);
  });
});

describe('a payment in', () => {
  test('that had not begun when its process died for two days never begins, and its person can see that', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const { process } = room.deployment;
    // The wish is recorded, and nothing behind it.
    process.cutAfter(process.appends() + 1);
    await room.deployment.send(RequestTopUp({ amount: 60_00n, currency: 'USD' }), ann, 't1');
    await process.dead;
    await room.deployment.restart({ kill: true, at: later(room.deployment.clock.now(), 2 * DAY_MS) });
    await room.deployment.settle();
    const wish = (await room.deployment.history('wallet-ann:USD')).findLast(
      ({ type }) => type === 'TopUpRequested',
    );
    const paymentId = textIn(wish?.data, 'paymentId');
    assert.deepEqual(await room.deployment.types(`payment-${paymentId}`), ['TopUpExpired']);
    assert.equal(textIn(await room.deployment.see('payments', paymentId), 'status'), 'expired');
    await room.audited();
  });
});

describe('a withdrawal', () => {
  test('that had not begun when its process died for two days is released, and never paid', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann);
    const { process } = room.deployment;
    process.cutAfter(process.appends() + 1);
    await room.deployment.send(Withdraw({ amount: 60_00n, currency: 'USD' }), ann, 'w1');
    await process.dead;
    await room.deployment.restart({ kill: true, at: later(room.deployment.clock.now(), 2 * DAY_MS) });
    await room.deployment.settle();
    const types = await room.deployment.types('wallet-ann:USD');
    assert.deepEqual(types.slice(-2), ['FundsReserved', 'FundsReleased']);
    const { balances, held } = await room.audited();
    assert.deepEqual(held, {});
    assert.equal(balances['wallet:ann:USD:available'], 100_00n);
    assert.equal(balances['provider:simulated:USD'], -100_00n);
  });

  test('that is under way does not expire, however long the provider takes', async (t) => {
    const room = await Saleroom.open(t);
    await room.fund(ann, bob, sam);
    const deliver = room.deployment.delayNotices();
    await room.deployment.done(Withdraw({ amount: 60_00n, currency: 'USD' }), ann);
    await room.deployment.advanceTo(later(room.deployment.clock.now(), 3 * DAY_MS));
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '6000' });
    deliver();
    await room.deployment.reached('wallet-ann:USD', 'FundsCaptured');
    await room.deployment.settle();
    assert.deepEqual(await room.balance(ann), { available: '4000', held: '0' });
    assert.equal((await room.audited()).balances['provider:simulated:USD'], -240_00n);
  });
});
