import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcceptBid, DropHammer, LotClosing } from '#domain/auctions/auction/messages.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import { FundsReserved } from '#domain/wallets/wallet/messages.ts';
import { bidFunding } from '#sagas/auctions/bid-funding.ts';
import { NOW, reacting, recorded } from '#test/support/given.ts';

const id = { auctionId: 'a1' };

test('the hammer falls only when the end of the lot is passed', () => {
  const closing = recorded(LotClosing(id));
  assert.deepEqual(reacting(bidFunding, LotClosing(id)), []);
  assert.deepEqual(bidFunding.passed(closing), [{ command: DropHammer(id) }]);
});

test('funds reserved outside the walk of a bid lead to nothing', () => {
  const reserved = FundsReserved({
    ...{ person: 'ann', currency: 'USD', postings: [], balance: { available: 0n, held: 1n } },
    ...{ holdId: 'a1', claimId: 'b1', purpose: 'bid', amount: 1n, held: 1n },
  });
  assert.deepEqual(reacting(bidFunding, reserved), []);
});

test('a bid is decided by the moment at which it was placed; one from before that was kept, as it always was', () => {
  const commandOf = (moment: { moment?: string }) => {
    const bid = { ...id, bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 9n, hold: 9n, ...moment };
    const reserved = FundsReserved({
      ...{ person: 'ann', currency: 'USD', postings: [], balance: { available: 0n, held: 9n } },
      ...{ holdId: 'a1', claimId: 'b1', purpose: 'bid', amount: 9n, held: 9n },
    });
    return reacting(bidFunding, BidPlaced(bid), reserved)[0]?.command;
  };
  const sent = { ...id, bidId: 'b1', bidder: 'ann', maximum: 9n, placedAt: '10' };
  assert.deepEqual(commandOf({ moment: NOW }), AcceptBid({ ...sent, moment: NOW }));
  assert.deepEqual(commandOf({}), AcceptBid(sent));
});
