import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import { AuctionEntered } from '#domain/auctions/sale/messages.ts';
import { newHold, withHold, withOpenClaim } from '#domain/wallets/wallet/holds.ts';
import { noWallet, type Wallet } from '#domain/wallets/wallet/state.ts';
import { cancelSale, closeSale } from '#domain/workflows/end-of-sale.ts';
import { NOW, otto, stateOf } from '#test/support/given.ts';
import { entered, place, published, saleId, saleScheduled } from '#test/support/sales-and-lots.ts';

test('the wallet of a sale’s currency knows in which of its auctions its person has bid', () => {
  const funded = (holdId: string, purpose: 'bid' | 'withdrawal') => {
    const claimed = withOpenClaim({ ...newHold(holdId), purpose }, { claimId: 'c1', amount: 1n });
    return { ...noWallet, holds: withHold(noWallet.holds, claimed) };
  };
  const other = { ...place, auctionId: 'a2' };
  const known = stateOf(sale, [saleScheduled, published, entered, AuctionEntered(other)]);
  const facts = { now: NOW, actor: otto };
  for (const workflow of [closeSale, cancelSale]) {
    const hasBid = (of: Wallet, sale: object = known): unknown =>
      (
        workflow.precondition({ inspector: nothingRead, sale, wallet: of }, saleId, facts) as {
          hasBid: unknown;
        }
      ).hasBid;
    assert.equal(hasBid(noWallet), false);
    assert.equal(hasBid(funded('a2', 'bid')), true);
    assert.equal(hasBid(funded('a9', 'bid')), false, 'in another sale');
    assert.equal(hasBid(funded('a1', 'withdrawal')), false, 'for something else');
    assert.equal(hasBid(funded('a2', 'bid'), stateOf(sale, [])), false);
    assert.equal(workflow.readsNext.wallet?.stream({ sale: known }, otto), 'wallet-otto:USD');
    assert.equal(workflow.readsNext.wallet?.stream({ sale: stateOf(sale, []) }, otto), undefined);
    assert.equal(workflow.readsNext.wallet?.toEnd, true);
  }
});
