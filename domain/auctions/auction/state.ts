import type { FoldedAt } from '../../kernel/decider.ts';
import type { DataOf, EventOf } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { type Hands, noHands, withHand } from '../hands.ts';
import type { auctionTerms } from '../lot/messages.ts';
import { type DecidedBids, noBidsDecided, withDecided } from './decided-bids.ts';
import type { AuctionBarred, BidAccepted, events, LotSold } from './messages.ts';
import type { Standing } from './proxy.ts';

export type AuctionTerms = DataOf<typeof auctionTerms>;
export type AuctionEvent = EventOf<(typeof events)[number]>;
type Accepted = EventOf<typeof BidAccepted>['data'];
type Sold = EventOf<typeof LotSold>['data'];

export interface KnownAuction {
  readonly phase: 'scheduled' | 'open' | 'closing' | 'sold' | 'passed' | 'cancelled';
  readonly terms: AuctionTerms;
  /** Who has opened it: they do not bid in it. Whoever scheduled it is among those of its lot. */
  readonly hands: Hands;
  readonly scheduled: FoldedAt;
  readonly opened: FoldedAt | undefined;
  /** Undefined as long as nobody has bid. */
  readonly standing: Standing | undefined;
  readonly decided: DecidedBids;
  /** Bids that were not waited for: each is refused when it comes. */
  readonly passedOver: DecidedBids;
  /** Where `LotClosing` stands in the one history: a bid counts exactly if it was placed before it. */
  readonly closedAt: bigint | undefined;
  readonly sold: Sold | undefined;
  /** Why it was called off; undefined as long as it is not. */
  readonly calledOffFor: string | undefined;
  readonly settlement: 'due' | 'stopped' | 'settled';
}

type Barred = Pick<EventOf<typeof AuctionBarred>['data'], 'lotId' | 'saleId'>;

/** `barred`: the lot whose auction of this id was called off with its sale before it was there. */
export type AuctionState = { readonly phase: 'none'; readonly barred?: Barred } | KnownAuction;
export const noAuction: AuctionState = { phase: 'none' };

function afterBid(standing: Standing | undefined, accepted: Accepted): Standing | undefined {
  const { bidId, bidder, maximum, leader, price } = accepted;
  if (leader === bidder) return { price, leading: { bidId, bidder, maximum } };
  return standing === undefined ? undefined : { ...standing, price };
}

function evolveKnown(auction: KnownAuction, event: AuctionEvent, at: FoldedAt): KnownAuction {
  switch (event.type) {
    case 'AuctionScheduled':
    case 'AuctionRefused':
    case 'AuctionBarred':
      return auction;
    case 'AuctionOpened':
      return { ...auction, phase: 'open', terms: event.data, opened: at, hands: withHand(auction.hands, at) };
    case 'BidAccepted':
      return {
        ...auction,
        standing: afterBid(auction.standing, event.data),
        decided: withDecided(auction.decided, event.data),
      };
    case 'BidRefused':
      return { ...auction, decided: withDecided(auction.decided, event.data) };
    case 'BidPassedOver':
      return { ...auction, passedOver: withDecided(auction.passedOver, event.data) };
    case 'LotClosing':
      return { ...auction, phase: 'closing', closedAt: at.position };
    case 'LotSold':
      return { ...auction, phase: 'sold', sold: event.data };
    case 'LotPassed':
      return { ...auction, phase: 'passed' };
    case 'AuctionCancelled':
      return { ...auction, phase: 'cancelled', calledOffFor: event.data.cause };
    case 'LotSettled':
      return { ...auction, settlement: 'settled' };
    case 'SettlementStopped':
      return { ...auction, settlement: 'stopped' };
    default:
      return unreachable(event);
  }
}

export function evolve(auction: AuctionState, event: AuctionEvent, at: FoldedAt): AuctionState {
  if (auction.phase !== 'none') return evolveKnown(auction, event, at);
  if (event.type === 'AuctionBarred') {
    const { lotId, saleId } = event.data;
    return { phase: 'none', barred: { lotId, saleId } };
  }
  if (event.type !== 'AuctionScheduled') return auction;
  return {
    phase: 'scheduled',
    terms: event.data,
    hands: noHands,
    scheduled: at,
    opened: undefined,
    standing: undefined,
    decided: noBidsDecided,
    passedOver: noBidsDecided,
    closedAt: undefined,
    sold: undefined,
    calledOffFor: undefined,
    settlement: 'due',
  };
}
