import type { Actor } from '../../kernel/actor.ts';
import { isOver } from '../../kernel/deadline.ts';
import type { Instant } from '../../kernel/instant.ts';
import type { EventOf, RejectionOf } from '../../kernel/message.ts';
import { money } from '../../kernel/money.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { isAmong } from '../hands.ts';
import { LARGEST_BID } from '../ladder.ts';
import { isStaff } from '../people.ts';
import type { BidName } from './bid-name.ts';
import {
  AuctionClosed,
  AuctionNotOpen,
  AuctionUnknown,
  BidAccepted,
  BidTooHigh,
  BidTooLow,
  MaximumNotRaised,
  OwnLot,
} from './messages.ts';
import { type Bid, judge, leastReaching, meetsReserve, raise, smallestBid } from './proxy.ts';
import type { AuctionState, AuctionTerms, KnownAuction } from './state.ts';

/** Why a bid does not stand. */
export type BidRefusal = RejectionOf<
  | typeof AuctionUnknown
  | typeof AuctionNotOpen
  | typeof AuctionClosed
  | typeof OwnLot
  | typeof BidTooHigh
  | typeof BidTooLow
  | typeof MaximumNotRaised
>;

/**
 * Whether the auction's own stream knows that somebody has a hand in it: the seller, whoever opened it, and in the first
 * auctions those whom its terms name. What the streams of its lot and its sale know is asked at the door.
 */
export const hasHandIn = (
  { terms: { seller, staff = [] }, hands }: Pick<KnownAuction, 'terms' | 'hands'>,
  person: string,
): boolean => seller === person || staff.includes(person) || isAmong(hands, person);

export const mayArrange = (terms: Pick<AuctionTerms, 'seller'>, actor: Actor): boolean =>
  actor.roles.includes('system') || isStaff(actor) || terms.seller === actor.id;

/** In what phase an auction is, and why it was called off. */
export const phaseOf = ({ phase, calledOffFor }: KnownAuction) =>
  calledOffFor === undefined ? { phase } : { phase, cause: calledOffFor };

/** When a bid was placed, and where it stands in the history, once it does. */
export interface Placing {
  /** Not known of the first bids. */
  readonly moment: Instant | undefined;
  readonly position?: bigint;
}

const isLate = ({ terms }: KnownAuction, { moment }: Placing): boolean =>
  moment !== undefined && isOver(terms.endsAt, moment);

/**
 * Whether the auction takes bids at all; one that is closing still decides those placed before its end. The end is a moment,
 * however late its timer comes; where the timer has come, the place of `LotClosing` decides beside it.
 */
function whyShut(auction: AuctionState, placing: Placing): BidRefusal | undefined {
  switch (auction.phase) {
    case 'none':
      return AuctionUnknown({});
    case 'cancelled':
      return AuctionNotOpen(phaseOf(auction));
    case 'scheduled':
      return isLate(auction, placing) ? AuctionClosed({}) : AuctionNotOpen({ phase: auction.phase });
    case 'open':
      return isLate(auction, placing) ? AuctionClosed({}) : undefined;
    case 'closing': {
      const { closedAt } = auction;
      const { position } = placing;
      const before = position !== undefined && closedAt !== undefined && position < closedAt;
      return before && !isLate(auction, placing) ? undefined : AuctionClosed({});
    }
    case 'sold':
    case 'passed':
      return AuctionClosed({});
    default:
      return unreachable(auction);
  }
}

/**
 * What stands against a bid in the auction of this moment; undefined: nothing. Said at the door and again when the bid is
 * funded, which may be long after it was placed.
 */
export function whyNot(
  auction: AuctionState,
  bid: Pick<Bid, 'bidder' | 'maximum'>,
  placing: Placing,
): BidRefusal | undefined {
  const shut = whyShut(auction, placing);
  if (shut !== undefined || auction.phase === 'none') return shut;
  const { terms, standing } = auction;
  if (hasHandIn(auction, bid.bidder)) return OwnLot({});
  const inCurrency = (amount: bigint) => money(amount, terms.currency);
  if (bid.maximum > LARGEST_BID) return BidTooHigh({ largestBid: inCurrency(LARGEST_BID) });
  const price = inCurrency(standing?.price ?? terms.openingBid);
  switch (judge(terms, standing, bid)) {
    case 'too_low':
      return BidTooLow({ price, smallestBid: inCurrency(smallestBid(terms, standing)) });
    case 'not_raised':
      return MaximumNotRaised({ price });
    case undefined:
      return undefined;
  }
}

/** The event by which a bid that nothing stands against is accepted. */
export function accept(
  { terms, standing }: KnownAuction,
  { nth, ...bid }: Bid & BidName,
): EventOf<typeof BidAccepted> {
  const after = raise(terms, standing, bid);
  const { leading, price } = after;
  const displaced = leading.bidId === bid.bidId ? standing?.leading : undefined;
  return BidAccepted({
    auctionId: terms.auctionId,
    bidId: bid.bidId,
    bidder: bid.bidder,
    ...(nth === undefined ? {} : { nth }),
    currency: terms.currency,
    maximum: bid.maximum,
    leader: leading.bidder,
    price,
    smallestBid: smallestBid(terms, after),
    ...(terms.reserve === undefined ? {} : { reserveMet: meetsReserve(terms, leading.maximum) }),
    ...(leading.bidId === bid.bidId ? {} : { offered: leastReaching(terms, standing, price) }),
    ...(displaced === undefined ? {} : { displaced: { bidder: displaced.bidder, bidId: displaced.bidId } }),
  });
}
