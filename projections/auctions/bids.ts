import {
  AuctionCancelled,
  BidAccepted,
  BidRefused,
  LotPassed,
  LotSold,
} from '#domain/auctions/auction/messages.ts';
import { BidPlaced, BidRejected } from '#domain/auctions/participant/messages.ts';
import { money } from '#domain/kernel/money.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { FundsRefused } from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { BidDocument } from './documents.ts';
import { known } from './known.ts';

type Event = Recorded<
  | typeof BidPlaced
  | typeof BidRejected
  | typeof FundsRefused
  | typeof BidAccepted
  | typeof BidRefused
  | typeof LotSold
  | typeof LotPassed
  | typeof AuctionCancelled
>;

const nobody: readonly string[] = [];

/** What the house bid for the leader when this bid could not outbid them. */
const automaticOf = (bidId: string): string => `${bidId}.automatic`;

/** The bids of its auction that an event says something of. */
function concerned(event: Event): readonly string[] {
  switch (event.type) {
    case 'BidPlaced':
    case 'BidRejected':
    case 'BidRefused':
      return [event.data.bidId];
    case 'FundsRefused':
      return event.data.purpose === 'bid' ? [event.data.claimId] : nobody;
    case 'BidAccepted': {
      const { bidId, bidder, leader, displaced } = event.data;
      const own = leader === bidder ? [bidId] : [bidId, automaticOf(bidId)];
      return displaced === undefined ? own : [...own, displaced.bidId];
    }
    case 'LotSold':
      return [event.data.winningBidId];
    case 'LotPassed':
    case 'AuctionCancelled':
      return event.data.leading === undefined ? nobody : [event.data.leading.bidId];
    default:
      return unreachable(event);
  }
}

type Status = BidDocument['status'];

const come = (
  { data, metadata, position }: Recorded<typeof BidPlaced | typeof BidRejected>,
  status: Status,
): BidDocument => ({
  id: data.bidId,
  auctionId: data.auctionId,
  bidder: data.bidder,
  status,
  maximum: money(data.maximum, data.currency),
  placedAt: metadata.occurredAt,
  position: position.toString(),
});

const decided = (bid: BidDocument, event: Pick<Event, 'metadata'>, status: Status): BidDocument => ({
  ...bid,
  status,
  decidedAt: event.metadata.occurredAt,
});

function automatic({ data, metadata, position }: Recorded<typeof BidAccepted>): BidDocument {
  const { bidId, auctionId, leader, price, currency } = data;
  return {
    ...{ id: automaticOf(bidId), auctionId, bidder: leader, status: 'automatic' },
    ...{ price: money(price, currency), placedAt: metadata.occurredAt, decidedAt: metadata.occurredAt },
    position: position.toString(),
  };
}

/** Without its details: they are for the moment of the answer. */
const why = ({ code, message }: { readonly code: string; readonly message: string }) => ({
  reason: { code, message },
});

export const bidsView = view({
  name: 'bids',
  version: 3,
  description: 'Every bid and what became of it; maxima are for their bidders alone.',
  document: BidDocument,
  indexes: [
    {
      name: 'auction',
      fields: [
        { path: 'auctionId', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
    {
      name: 'bidder',
      fields: [
        { path: 'bidder', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
  ],
  on: (when) => [
    when(BidPlaced, (_, event) => come(event, 'placed')),
    when(BidRejected, (_, event) => ({
      ...decided(come(event, 'rejected'), event, 'rejected'),
      ...why(event.data.reason),
    })),
    when(FundsRefused, (before, event) => ({
      ...decided(known(before, event), event, 'refused'),
      ...why(event.data.reason),
    })),
    when(BidRefused, (before, event) => ({
      ...decided(known(before, event), event, 'refused'),
      ...why(event.data.reason),
    })),
    when(BidAccepted, (before, event, id): BidDocument => {
      const { bidId, bidder, leader, price, offered, currency, displaced } = event.data;
      if (id === automaticOf(bidId)) return automatic(event);
      const bid = known(before, event);
      if (id !== bidId) return { ...bid, status: displaced?.bidder === bidder ? 'superseded' : 'outbid' };
      if (leader === bidder) return { ...decided(bid, event, 'leading'), price: money(price, currency) };
      const outbid = decided(bid, event, 'outbid');
      return offered === undefined ? outbid : { ...outbid, price: money(offered, currency) };
    }),
    when(
      LotSold,
      (before, event): BidDocument => ({
        ...known(before, event),
        ...{ status: 'won', price: money(event.data.hammer, event.data.currency) },
      }),
    ),
    when(LotPassed, (before, event): BidDocument => ({ ...known(before, event), status: 'unsold' })),
    when(
      AuctionCancelled,
      (before, event): BidDocument => ({ ...known(before, event), status: 'cancelled' }),
    ),
  ],
  // A hold for a bid is named after its auction.
  key: (event) => (event.type === 'FundsRefused' ? event.data.holdId : event.data.auctionId),
  keysBy: { auctionId: (auctionId) => auctionId },
  documents: (event) => concerned(event),
});
