import { nameOf } from '#domain/auctions/auction/bid-name.ts';
import {
  AcceptBid,
  AuctionCancelled,
  BidAccepted,
  BidPassedOver,
  BidRefused,
  CallOffAuction,
  DropHammer,
  LotClosing,
  LotPassed,
  PassOverBid,
} from '#domain/auctions/auction/messages.ts';
import type { BidId } from '#domain/auctions/ids.ts';
import { BidPlaced } from '#domain/auctions/participant/messages.ts';
import { AuctionCalledOff } from '#domain/auctions/sale/messages.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import type { Line } from '#domain/kernel/line.ts';
import { isRecorded, onTrail, type Recorded, reaction } from '#domain/kernel/reaction.ts';
import { EndClaim, FundsRefused, FundsReserved, ReserveFunds } from '#domain/wallets/wallet/messages.ts';

type ClaimEnd = Parameters<typeof EndClaim>[0]['reason'];

/** In an auction a hold is named after the auction, and each claim on it after its bid. */
const endClaim = (
  { auctionId, currency }: { readonly auctionId: string; readonly currency: string },
  { bidder, bidId }: { readonly bidder: PersonId; readonly bidId: BidId },
  reason: ClaimEnd,
): Intent => ({
  command: EndClaim({ person: bidder, currency, holdId: auctionId, claimId: bidId, reason }),
  purpose: bidId,
});

/** Nobody's funds stay held for a bid that does not lead: neither the one that was just accepted nor the one it displaced. */
function losersOf({ data }: Recorded<typeof BidAccepted>): readonly Intent[] {
  const { bidder, leader, displaced } = data;
  const ends = leader === bidder ? [] : [endClaim(data, data, 'outbid')];
  if (displaced === undefined) return ends;
  return [...ends, endClaim(data, displaced, displaced.bidder === bidder ? 'superseded' : 'outbid')];
}

/** When nothing is sold, whoever led gets their funds back; everybody else has them back already. */
const unsold = (
  { data }: Recorded<typeof LotPassed | typeof AuctionCancelled>,
  reason: ClaimEnd,
): readonly Intent[] => (data.leading === undefined ? [] : [endClaim(data, data.leading, reason)]);

/** The others wait so long for a wallet that gives no answer. */
const PATIENCE_MS = 2_000;

/** The bids of an auction are decided in the order in which they were placed, whichever is funded first. */
export const placingOrder: Line = {
  joins: BidPlaced,
  leaves: [BidAccepted, BidRefused, BidPassedOver, FundsRefused],
  place(event) {
    if (isRecorded(event, FundsRefused)) {
      const { purpose, holdId, claimId } = event.data;
      return purpose === 'bid' ? { key: holdId, id: claimId } : undefined;
    }
    const { auctionId, bidId } = (event as Recorded<typeof BidPlaced>).data;
    return { key: auctionId, id: bidId };
  },
  patienceMs: PATIENCE_MS,
  passOver(joined) {
    const { data } = joined as Recorded<typeof BidPlaced>;
    return { command: PassOverBid({ auctionId: data.auctionId, ...nameOf(data) }) };
  },
};

/**
 * A bid's walk from its placing to its end: its maximum and premium are held, then the auction decides, then the funds of
 * whoever lost are free. The hammer falls when every bid placed before the end of its lot has walked it, and when the auction
 * has been cancelled if it was called off before that end.
 */
export const bidFunding = reaction({
  name: 'bid-funding',
  line: placingOrder,
  on: (when) => [
    when(BidPlaced, ({ data }) => {
      const { auctionId, bidId, bidder, currency, hold } = data;
      const claim = { holdId: auctionId, claimId: bidId, amount: hold, purpose: 'bid' as const };
      return [{ command: ReserveFunds({ person: bidder, currency, ...claim }) }];
    }),
    when(LotPassed, (event) => unsold(event, 'unsold')),
    when(AuctionCancelled, (event) => unsold(event, 'cancelled')),
    // A sale may call off more of them than one chain can follow: each begins a chain of its own.
    when(AuctionCalledOff, ({ data: { auctionId, lotId, saleId, cause } }, trail) =>
      trail.length > 1 ? [] : [{ command: CallOffAuction({ auctionId, lotId, saleId, cause }) }],
    ),
  ],
  inside: (when) => [
    when(FundsReserved, (_, trail) => {
      const placed = onTrail(trail, BidPlaced);
      if (placed === undefined) return [];
      const { auctionId, maximum, moment } = placed.data;
      const bid = { auctionId, ...nameOf(placed.data), maximum, placedAt: placed.position.toString() };
      // Of a bid without one the command stays as it was when it was first sent, which the auction may remember.
      const command = AcceptBid(moment === undefined ? bid : { ...bid, moment });
      return [{ command, inTurn: true }];
    }),
    when(BidAccepted, losersOf),
    when(BidRefused, ({ data }) => [endClaim(data, data, 'refused')]),
  ],
  passed: (when) => [when(LotClosing, ({ data: { auctionId } }) => [{ command: DropHammer({ auctionId }) }])],
  key: ({ data }) => data.auctionId,
});
