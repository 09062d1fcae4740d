import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { registry, views } from '#compose/contexts.ts';
import { memoryStores } from '#compose/stores.ts';
import { RejectedError } from '#domain/kernel/rejections.ts';
import { retryParked } from '#projections/runtime/operate.ts';
import { viewReader } from '#projections/runtime/reader.ts';
import { rebuildView } from '#projections/runtime/rebuild.ts';
import { verifyView } from '#projections/runtime/verify.ts';
import { startViews } from '#projections/runtime/views.ts';
import type { View } from '#projections/view.ts';
import { moveIn } from '#test/support/accounts-before.ts';
import type { DeploymentOptions } from '#test/support/deployed-process.ts';
import { ann, bob, endsAt, givenOpenAuction, type Saleroom, usd } from '#test/support/saleroom.ts';
import { until } from '#test/support/until.ts';

// The platform's own views while the platform is at work: read at a position, rebuilt, parked and repaired.

/** Compares each view with one folded anew from the whole history; the names of those that differ. */
async function differing({ deployment }: Saleroom): Promise<readonly string[]> {
  const { store } = deployment;
  const { readStore } = deployment.process.engines;
  const position = await store.head();
  const verified = views.map(async (view) => {
    // A view that is still on its way would be compared with no more than it holds.
    await deployment.process.views?.reader.find(view.name, { limit: 1 }, { position });
    const { readStore: temporary } = memoryStores();
    const { equal, parkedKeys, documents } = await verifyView({
      view,
      readStore,
      temporary,
      store,
      registry,
    });
    assert.equal(parkedKeys, 0);
    return equal && documents > 0 !== UNTOLD.includes(view.name) ? [] : [view.name];
  });
  return (await Promise.all(verified)).flat();
}

/** Views of what this story has nothing of. */
const UNTOLD = ['refused-notices', 'notices', 'unclaimed', 'debts'];

/** The code with which a read is refused. */
const refusalOf = (read: Promise<unknown>): Promise<string> =>
  read.then(
    () => 'none',
    (error: unknown) => (error instanceof RejectedError ? error.rejection.code : String(error)),
  );

describe('reading your own writes', () => {
  test('a query with the position of a bid’s answer sees it, every time', async (t) => {
    const room = await givenOpenAuction(t);
    const reader = room.deployment.process.views?.reader;
    for (let bids = 1; bids <= 20; bids++) {
      const maximum = BigInt(bids) * 4_00n;
      const { position } = await room.bid(bids % 2 === 0 ? bob : ann, maximum);
      assert.ok(position !== undefined);
      const auction = (await reader?.get('auctions', 'a1', { position })) as { bids: number };
      assert.equal(auction.bids, bids);
      const wallet = await reader?.get('wallets', `${bids % 2 === 0 ? 'bob' : 'ann'}:USD`, { position });
      assert.equal((wallet as { held: bigint }).held, maximum + maximum / 10n);
    }
  });

  test('a view that does not move answers `behind`, and catches up when it moves again', async (t) => {
    const room = await givenOpenAuction(t);
    const { deployment } = room;
    await deployment.see('auctions', 'a1');
    await deployment.process.views?.stop();
    const { position } = await room.bid(ann, 20_00n);
    assert.ok(position !== undefined);
    // As a process reads that advances no view itself.
    const { machineClock: clock } = deployment;
    const reader = viewReader({ views, readStore: deployment.readStore, clock, waitMs: 40 });
    assert.equal(await refusalOf(reader.get('auctions', 'a1', { position })), 'behind');
    assert.equal(await refusalOf(reader.find('bids', { limit: 10 }, { position })), 'behind');
    const before = (await reader.get('auctions', 'a1')) as { bids: number };
    assert.equal(before.bids, 0);
    await deployment.restart();
    const after = (await deployment.process.views?.reader.get('auctions', 'a1', { position })) as {
      bids: number;
    };
    assert.equal(after.bids, 1);
  });
});

test('a rebuild of every view while bids run leads to the same documents, and readers see no gap', async (t) => {
  const room = await givenOpenAuction(t);
  const { consume, readStore, store, machineClock: clock } = room.deployment.process.engines;
  const reader = room.deployment.process.views?.reader;
  await moveIn(room.deployment.process.pipeline);
  let bids = 0;
  const bidAndSee = async () => {
    const reply = await room.bid(bids % 2 === 0 ? ann : bob, 2_00n + BigInt(bids) * 1_00n);
    assert.equal(reply.outcome, 'accepted');
    bids += 1;
    const at = reply.position === undefined ? {} : { position: reply.position };
    // Whichever build is live, it holds what the reader has just written.
    const seen = (await reader?.get('auctions', 'a1', at)) as { bids: number };
    assert.equal(seen.bids, bids);
  };
  while (bids < 20) await bidAndSee();
  let rebuilding = true;
  const bidding = (async () => {
    while (rebuilding && bids < 80) await bidAndSee();
  })();
  const rebuilt = views.map((view) => rebuildView({ view, consume, readStore, store, clock }));
  await Promise.all(rebuilt);
  assert.ok(bids > 20, 'nobody bid during the rebuild');
  rebuilding = false;
  await bidding;
  await room.deployment.advanceTo(endsAt);
  assert.deepEqual(await differing(room), []);
  await room.audited();
});

/** The real views, with a fold of `wallets` that cannot take Bob's money. */
const broken: readonly View[] = views.map((view) =>
  view.name !== 'wallets'
    ? view
    : {
        ...view,
        fold(document, event, id) {
          if (id === 'bob:USD' && event.type === 'FundsCredited')
            throw new RangeError('a bug of this version');
          return view.fold(document, event, id);
        },
      },
);

describe('a poisoned event', () => {
  test('parks its key in that view and nothing else, and flows after the fix', async (t) => {
    let code = broken;
    const options: DeploymentOptions = {
      projections: ({ consume, readStore, machineClock: clock }) =>
        startViews({ views: code, consume, readStore, clock }),
    };
    const room = await givenOpenAuction(t, options);
    const { deployment } = room;
    await moveIn(deployment.process.pipeline);
    assert.equal((await room.bid(bob, 20_00n)).outcome, 'accepted');
    assert.equal(await refusalOf(deployment.see('wallets', 'bob:USD')), 'parked');
    const parked = (await deployment.readStore.consumers.parked()).map(({ consumer, key }) => [
      consumer.split('@')[0],
      key,
    ]);
    assert.deepEqual(parked, [['view:wallets', 'bob:USD']]);
    // Everybody else's wallet goes on, and Bob's money in every other view.
    const wallet = (await deployment.see('wallets', 'ann:USD')) as { available: bigint };
    assert.equal(wallet.available, 100_00n);
    const hold = (await deployment.see('holds', 'bob:USD:a1')) as { held: bigint };
    assert.equal(hold.held, 22_00n);
    const auction = (await deployment.see('auctions', 'a1')) as { price: object; leader: string };
    assert.deepEqual([auction.price, auction.leader], [usd(1_00n), 'bob']);

    // A try with the same code parks it again; one with better code, after a crash, lets it flow.
    assert.equal(await retryParked(deployment.readStore.consumers, 'wallets', 'bob:USD'), 1);
    const parkedNow = () => deployment.readStore.consumers.parked();
    await until(async () => (await parkedNow()).every(({ retry }) => !retry), 'it was tried');
    assert.equal(await refusalOf(deployment.see('wallets', 'bob:USD')), 'parked');
    code = views;
    await deployment.restart({ kill: true });
    assert.equal(await refusalOf(deployment.see('wallets', 'bob:USD')), 'parked');
    assert.equal(await retryParked(deployment.readStore.consumers, 'wallets', undefined), 1);
    await until(async () => (await parkedNow()).length === 0, 'it is released');
    const repaired = (await deployment.see('wallets', 'bob:USD')) as { available: bigint; held: bigint };
    assert.deepEqual([repaired.available, repaired.held], [78_00n, 22_00n]);
    await deployment.advanceTo(endsAt);
    assert.deepEqual(await differing(room), []);
    assert.equal(((await deployment.see('wallets', 'sam:USD')) as { available: bigint }).available, 95n);
    await room.audited();
  });
});
