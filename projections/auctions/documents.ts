import { z } from 'zod';
import { PassedCause } from '#domain/auctions/auction/messages.ts';
import { Tiers } from '#domain/auctions/fees.ts';
import { AuctionId, BidId, LotId, SaleId } from '#domain/auctions/ids.ts';
import { Ladder } from '#domain/auctions/ladder.ts';
import { publicLot } from '#domain/auctions/lot/messages.ts';
import { PositionText } from '#domain/kernel/envelope.ts';
import { MovementId, PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { secret } from '#domain/kernel/message.ts';
import { Currency, Money } from '#domain/kernel/money.ts';

// What the auctions' views hold. Amounts carry their currency: they are shown as they are.

export const AuctionPhase = z
  .enum(['scheduled', 'open', 'closing', 'sold', 'passed', 'cancelled'])
  .meta({ id: 'AuctionPhase', description: 'How far an auction is.' });

/** The public state of an auction: neither a maximum nor a reserve is in it, only whether the reserve is met. */
export const AuctionDocument = z
  .object({
    id: AuctionId,
    saleId: SaleId,
    lotId: LotId,
    seller: PersonId,
    ...publicLot,
    estimateLow: Money,
    estimateHigh: Money,
    phase: AuctionPhase,
    opensAt: Instant,
    endsAt: Instant,
    openedAt: Instant.optional().meta({
      description: 'When it did open; before its time if its seller or the house opened it.',
    }),
    minimumReputation: z.int().optional(),
    ladder: Ladder,
    /** The buyer’s premium. */
    premium: Tiers,
    openingBid: Money,
    /** The opening bid as long as nobody has bid. */
    price: Money,
    smallestBid: Money.optional().meta({
      description: 'The least that anybody but the leader may bid; null once nobody may.',
    }),
    /** How many were accepted. */
    bids: z.int().min(0),
    leader: PersonId.optional(),
    reserveMet: z.boolean().optional().meta({
      description: 'Whether the maximum that leads meets the reserve; null where there is none.',
    }),
    /** Why it was called off. */
    cancelledFor: z.string().optional(),
    winner: PersonId.optional(),
    hammer: Money.optional(),
    /** Why the lot was not sold. */
    passedBecause: PassedCause.optional(),
    settled: z.boolean(),
    /** Of its scheduling. */
    position: PositionText,
    updatedAt: Instant,
  })
  .meta({ id: 'Auction', description: 'A timed English auction of one lot, as everybody may see it.' });
export type AuctionDocument = z.output<typeof AuctionDocument>;

export const BidStatus = z
  .enum([
    'placed',
    'rejected',
    'refused',
    'leading',
    'automatic',
    'outbid',
    'superseded',
    'won',
    'unsold',
    'cancelled',
  ])
  .meta({
    id: 'BidStatus',
    description:
      'placed: being funded; rejected: at the door; refused: for want of funds or by the auction; automatic: made by the house for the leader, whom another bid could not outbid; superseded: by a higher maximum of the same bidder.',
  });

export const BidDocument = z
  .object({
    id: BidId,
    auctionId: AuctionId,
    bidder: PersonId,
    status: BidStatus,
    /** For who bid it, auditors and investigators; what the house bid has none of its own. */
    maximum: secret(Money.optional(), { owner: 'bidder' }),
    price: Money.optional().meta({
      description:
        'What is known to everybody that its bidder offered, never more: where it led, the price that it led at, and where it won, the hammer; where not, the least that drove the leader to the price of then. Of accepted bids alone; of those that did not lead at once, only of those accepted since it is kept.',
    }),
    /** Why it does not stand; only for who bid it. */
    reason: secret(z.object({ code: z.string(), message: z.string() }).optional(), { owner: 'bidder' }),
    placedAt: Instant,
    /** Of its placing: the order in which bids are decided. */
    position: PositionText,
    decidedAt: Instant.optional(),
  })
  .meta({ id: 'Bid', description: 'One bid of one person.' });
export type BidDocument = z.output<typeof BidDocument>;

export const SaleDocument = z
  .object({
    id: SaleId,
    title: z.string(),
    description: z.string(),
    phase: z.enum(['scheduled', 'published', 'closed', 'cancelled']),
    /** Why it was cancelled. */
    cancelledFor: z.string().optional(),
    currency: Currency,
    ladder: Ladder,
    premium: Tiers,
    commission: Tiers,
    updatedAt: Instant,
  })
  .meta({ id: 'Sale', description: 'Lots offered together on one set of terms.' });
export type SaleDocument = z.output<typeof SaleDocument>;

export const LotDocument = z
  .object({
    id: LotId,
    consignor: PersonId,
    ...publicLot,
    estimateLow: Money,
    estimateHigh: Money,
    openingBid: Money,
    /** Only for the consignor and the house. */
    reserve: secret(Money.optional(), { owner: 'consignor', and: ['auctioneer', 'clerk'] }),
    phase: z.enum(['consigned', 'offered', 'sold', 'withdrawn']),
    /** The auction it is or was last in. */
    auctionId: AuctionId.optional(),
    owner: PersonId.optional(),
    updatedAt: Instant,
  })
  .meta({ id: 'Lot', description: 'What is put up for sale as one.' });
export type LotDocument = z.output<typeof LotDocument>;

export const SettlementDocument = z
  .object({
    id: AuctionId,
    /** Of the money. */
    movement: MovementId,
    lotId: LotId,
    seller: PersonId,
    buyer: PersonId,
    status: z.enum(['due', 'stopped', 'settled']),
    hammer: Money,
    premium: Money,
    commission: Money,
    /** By the buyer: hammer and premium. */
    paid: Money,
    /** To the seller: hammer less commission. */
    proceeds: Money,
    /**
     * As it was when the sale was settled. `seller`: into their wallet, or to a debt of theirs. `unclaimed`: no wallet of the seller could take what
     * no debt took, and the house owes it to them (`unclaimedMoney`).
     */
    paidTo: z.enum(['seller', 'unclaimed']).optional(),
    /** Of the proceeds: what a debt of the seller took. Not known of settlements of before. */
    debtPaid: Money.optional(),
    /** What stopped it; or that the proceeds were owed when it was settled (what is still owed: `unclaimedMoney`). */
    problem: z.string().optional(),
    soldAt: Instant,
    /** Of the fall of the hammer. */
    position: PositionText,
    settledAt: Instant.optional(),
  })
  .meta({ id: 'Settlement', description: 'What a sale moves: from the buyer to the seller and the house.' });
export type SettlementDocument = z.output<typeof SettlementDocument>;
