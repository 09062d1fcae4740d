import { z } from 'zod';
import { MovementId, PersonId } from '../../kernel/ids.ts';
import { event, refusalShape, secret } from '../../kernel/message.ts';
import { Currency, MinorUnits } from '../../kernel/money.ts';
import { AuctionId, BidId, LotId, SaleId } from '../ids.ts';
import { asItWas, auctionTerms } from '../lot/messages.ts';
import { KeptCause } from '../texts.ts';

// Streams `auction-<auctionId>`. Events are stored for ever. Amounts are in minor units of the event's `currency`.

const Bid = z.object({ bidder: PersonId, bidId: BidId });
/** Which of its bidder's bids in this auction it is, by `BidPlaced`. Not known of the first bids. */
const nth = z.int().min(1).optional();

export const AuctionScheduled = event('AuctionScheduled', {
  version: 2,
  published: true,
  description: 'A lot comes under the hammer at a known time.',
  data: auctionTerms,
  upcasts: { 1: asItWas },
});
export const AuctionRefused = event('AuctionRefused', {
  version: 1,
  description:
    'A lot does not come under the hammer: the id is that of another lot’s auction, or the sale was cancelled meanwhile.',
  data: { auctionId: AuctionId, lotId: LotId, ...refusalShape },
  refusal: true,
});
export const AuctionBarred = event('AuctionBarred', {
  version: 1,
  description: 'Its sale was cancelled before the auction was scheduled, which it never will be.',
  data: { auctionId: AuctionId, lotId: LotId, saleId: SaleId },
});
export const AuctionOpened = event('AuctionOpened', {
  version: 2,
  published: true,
  description: 'Bidding begins. Every term is frozen here.',
  data: auctionTerms,
  upcasts: { 1: asItWas },
});
export const BidAccepted = event('BidAccepted', {
  version: 2,
  published: true,
  description:
    'The bid stands, which does not mean that it leads; bids are decided in the order in which they were placed. `maximum` is never public.',
  data: {
    auctionId: AuctionId,
    bidId: BidId,
    bidder: PersonId,
    nth,
    currency: Currency,
    maximum: secret(MinorUnits),
    /** Who leads after it. */
    leader: PersonId,
    price: MinorUnits,
    /** The least that anybody but the leader may bid now. */
    smallestBid: MinorUnits,
    /** Whether the lot would be sold to the leader's maximum. Of a lot without a reserve nothing is said; the first bids said true. */
    reserveMet: z.boolean().optional(),
    /** Of a bid that does not lead: the least that drives the leader to this price, which everybody can work out. */
    offered: MinorUnits.optional(),
    /** The bid that no longer leads: somebody else’s, or the bidder’s own, smaller one. */
    displaced: Bid.optional(),
  },
  upcasts: { 1: (data) => data },
  verdicts: {
    leads: {
      description: 'Of a bid: whether it led when it was decided.',
      of: ({ leader, bidder }) => leader === bidder,
    },
  },
});
export const BidRefused = event('BidRefused', {
  version: 1,
  description: 'The bid was funded, but does not stand in the auction of that moment.',
  data: { auctionId: AuctionId, bidId: BidId, bidder: PersonId, nth, currency: Currency, ...refusalShape },
  refusal: true,
});
export const BidPassedOver = event('BidPassedOver', {
  version: 1,
  published: false,
  description:
    'Its funds were not answered for in time: bids that were placed after it are decided without it, and it is refused when it comes.',
  data: { auctionId: AuctionId, bidId: BidId, bidder: PersonId, nth },
});
export const LotClosing = event('LotClosing', {
  version: 1,
  description:
    'The end: a bid counts exactly if it was placed before this, and before the moment at which the lot ends. The hammer waits for those.',
  data: { auctionId: AuctionId },
});
export const LotSold = event('LotSold', {
  version: 1,
  published: true,
  description:
    'The hammer fell. The buyer owes hammer and premium, the seller is due hammer less commission.',
  data: {
    auctionId: AuctionId,
    lotId: LotId,
    seller: PersonId,
    winner: PersonId,
    winningBidId: BidId,
    currency: Currency,
    hammer: MinorUnits,
    premium: MinorUnits,
    commission: MinorUnits,
    /** The movement of money that settles it. */
    settlement: MovementId,
  },
});
/** Why a lot was not sold. */
export const PassedCause = z.enum(['no_bids', 'reserve_not_met', 'never_opened']).meta({
  id: 'PassedCause',
  description: 'Why a lot was not sold; never_opened: its whole time was over before it could be opened.',
});
export const LotPassed = event('LotPassed', {
  version: 2,
  description: 'The auction ended without a sale, or its time was over before it could be opened.',
  // The first version knew no auction that was never opened.
  upcasts: { 1: (data) => data },
  data: {
    auctionId: AuctionId,
    lotId: LotId,
    cause: PassedCause,
    /** The bid that led, whose funds are still held. */
    leading: Bid.optional(),
    currency: Currency,
  },
});
export const AuctionCancelled = event('AuctionCancelled', {
  version: 1,
  description: 'The auction was called off; nothing is sold.',
  data: {
    auctionId: AuctionId,
    lotId: LotId,
    cause: KeptCause,
    /** The bid that led, whose funds are still held. */
    leading: Bid.optional(),
    currency: Currency,
  },
});
export const LotSettled = event('LotSettled', {
  version: 1,
  published: { without: ['debtPaid'] },
  description:
    'The buyer has paid, the house has its fees, and the seller has the proceeds, or is owed what no wallet of theirs could take (`paidTo`).',
  data: {
    auctionId: AuctionId,
    currency: Currency,
    /** By the buyer. */
    paid: MinorUnits,
    /** To the seller. */
    proceeds: MinorUnits,
    /** To the house: premium and commission. */
    fees: MinorUnits,
    /**
     * `seller`: into their wallet, or to a debt of theirs. `unclaimed`: no wallet could take what no debt took; the house owes it
     * to them.
     */
    paidTo: z.enum(['seller', 'unclaimed']),
    /** Of the proceeds: what a debt of the seller took. Not known of the first. */
    debtPaid: MinorUnits.optional(),
  },
});
export const SettlementStopped = event('SettlementStopped', {
  version: 1,
  published: { without: ['reason'] },
  description: 'The settlement met a no that it has no way around; somebody has to look.',
  data: { auctionId: AuctionId, at: z.string().max(64), ...refusalShape },
});
export const events = [
  AuctionScheduled,
  AuctionRefused,
  AuctionBarred,
  AuctionOpened,
  BidAccepted,
  BidRefused,
  BidPassedOver,
  LotClosing,
  LotSold,
  LotPassed,
  AuctionCancelled,
  LotSettled,
  SettlementStopped,
] as const;
