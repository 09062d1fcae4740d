import { auction } from '#domain/auctions/auction/decider.ts';
import {
  AcceptBid,
  AuctionOpened,
  AuctionScheduled,
  BidAccepted,
  BidRefused,
  LotClosing,
} from '#domain/auctions/auction/messages.ts';
import { nothingRead } from '#domain/auctions/inspector/reading.ts';
import { recordedReason } from '#domain/kernel/message.ts';
import { terms } from '#test/support/auctions.ts';
import { deciding } from '#test/support/given.ts';

// An auction of Sam's lot that is open, and what Ann and Bob bid in it.

export const given = deciding(auction);
export const unread = { inspector: nothingRead, hasBid: false };
export const id = { auctionId: 'a1' };
export const scheduled = AuctionScheduled(terms);
export const opened = AuctionOpened(terms);
export const open = [scheduled, opened]; // at positions 10 and 20
export const closing = LotClosing(id);

export const acceptedAnn = BidAccepted({
  ...id,
  ...{ bidId: 'b1', bidder: 'ann', currency: 'USD', maximum: 10_00n },
  ...{ leader: 'ann', price: 1_00n, smallestBid: 1_25n },
});
export const acceptAnn = { ...id, bidId: 'b1', bidder: 'ann', maximum: 10_00n, placedAt: '21' };
export const acceptBob = { ...id, bidId: 'b2', bidder: 'bob', maximum: 20_00n, placedAt: '22' };
export const refusedBy = (bidId: string, bidder: string, why: Parameters<typeof recordedReason>[1]) =>
  BidRefused({ ...id, bidId, bidder, currency: 'USD', reason: recordedReason(AcceptBid.rejections, why) });

export const saleOf = { lotId: 'l1', saleId: 's1' };
export const callOff = { ...id, ...saleOf, cause: 'No room.' };
