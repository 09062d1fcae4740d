import { z } from 'zod';
import { shown } from '../../kernel/currencies.ts';
import { NotYet } from '../../kernel/deadline.ts';
import { MovementId, PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, event, preconditionOf, refusalShape, rejection, secret } from '../../kernel/message.ts';
import { Currency, MinorUnits, Money, PositiveMinorUnits } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { someText } from '../../kernel/text.ts';
import { AuctionId, BidId, LotId, SaleId } from '../ids.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import type { Inspector } from '../inspector/reading.ts';
import { asItWas, auctionTerms } from '../lot/messages.ts';
import { AuctionExists, HasBid, SaleNotOpen } from '../sale/messages.ts';

// Streams `auction-<auctionId>`. Events are stored for ever. Amounts are in minor units of the event's `currency`.

const Cause = someText(500);
const Bid = z.object({ bidder: PersonId, bidId: BidId });
/** Which of its bidder's bids in this auction it is, by `BidPlaced`. Not known of the first bids. */
const nth = z.int().min(1).optional();
/** A place in the one history as a decimal string: a number would lose digits. */
const PositionText = z.string().regex(/^(0|[1-9]\d{0,19})$/, 'a position as a decimal string');

export const AuctionScheduled = event('AuctionScheduled', {
  version: 2,
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
  description: 'Bidding begins. Every term is frozen here.',
  data: auctionTerms,
  upcasts: { 1: asItWas },
});
export const BidAccepted = event('BidAccepted', {
  version: 2,
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
    cause: Cause,
    /** The bid that led, whose funds are still held. */
    leading: Bid.optional(),
    currency: Currency,
  },
});
export const LotSettled = event('LotSettled', {
  version: 1,
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

export const AuctionUnknown = rejection('auction_unknown', {
  message: 'There is no such auction.',
  status: 404,
});
const calledOff = (cause: string): string => `The auction was called off: ${cause}`;
/** What a rejection says of an auction. `cause`: why it was called off. */
const asItIs = { phase: z.string(), cause: z.string().optional() };
export const AuctionNotOpen = rejection('auction_not_open', {
  message: 'The auction takes no bids now.',
  says: ({ phase, cause }) =>
    cause === undefined ? `The auction takes no bids now: it is ${phase}.` : calledOff(cause),
  details: asItIs,
});
export const AuctionClosed = rejection('auction_closed', {
  message: 'The bid came after the end of the lot.',
});
export const FundedTooLate = rejection('funded_too_late', {
  message:
    'Your wallet did not answer in time, and bids that were placed after yours were decided without it. Nothing is held for it; bid again with a new command id.',
});
export const AuctionOver = rejection('auction_over', {
  message: 'The auction has ended already.',
  says: ({ phase, cause }) =>
    cause === undefined ? `The auction has ended already: it is ${phase}.` : calledOff(cause),
  details: asItIs,
});
export const NotYourAuction = rejection('not_your_auction', {
  message: 'Only the seller and the house’s staff may do this.',
  status: 403,
});
export const OwnLot = rejection('own_lot', {
  message:
    'Sellers, and whoever entered or changed the lot, its sale or its auction, cannot bid on it, under any role.',
  status: 403,
});
export const CurrencyMismatch = rejection('currency_mismatch', {
  message: 'The auction is in another currency.',
  details: { currency: Currency },
});
export const BidTooLow = rejection('bid_too_low', {
  message: 'The bid is below the smallest valid bid.',
  says: ({ smallestBid }) => `The bid is below the smallest valid bid, ${shown(smallestBid)}.`,
  details: { price: Money, smallestBid: Money },
});
export const BidTooHigh = rejection('bid_too_high', {
  message: 'The bid is above the largest that is taken.',
  says: ({ largestBid }) => `The bid is above the largest that is taken, ${shown(largestBid)}.`,
  details: { largestBid: Money },
});
export const MaximumNotRaised = rejection('maximum_not_raised', {
  message: 'You lead already. To raise your maximum, bid more than it.',
  details: { price: Money },
});

/** The streams of auctions. */
export const auctionStream = stream('auction', ({ auctionId }: { auctionId: AuctionId }) => auctionId);

export const RegisterAuction = command('RegisterAuction', {
  description: 'Takes a lot that is offered into an auction.',
  from: 'internal',
  data: auctionTerms,
  stream: auctionStream,
  rejections: [AuctionExists, SaleNotOpen],
});
export const OpenAuction = command('OpenAuction', {
  description:
    'Opens an auction: at its time, or earlier by the seller or the house; never when its time is over.',
  from: ['seller', 'auctioneer', 'clerk'],
  data: { auctionId: AuctionId },
  stream: auctionStream,
  rejections: [AuctionUnknown, AuctionOver, NotYourAuction, NotYet],
});
export const AcceptBid = command('AcceptBid', {
  description: 'Decides a funded bid in its turn: behind those that were placed before it.',
  from: 'internal',
  data: {
    auctionId: AuctionId,
    bidId: BidId,
    bidder: PersonId,
    nth,
    maximum: secret(PositiveMinorUnits),
    /** Where the bid was placed in the one history: what decides whether it came before `LotClosing`. */
    placedAt: PositionText,
    /** When it was placed: what decides whether it came before the end. Not known of the first bids. */
    moment: Instant.optional(),
  },
  stream: auctionStream,
  rejections: [
    AuctionUnknown,
    AuctionNotOpen,
    AuctionClosed,
    FundedTooLate,
    OwnLot,
    BidTooLow,
    BidTooHigh,
    MaximumNotRaised,
  ],
});
export const PassOverBid = command('PassOverBid', {
  description: 'Goes on without a bid whose funds were not answered for in time.',
  from: 'internal',
  data: { auctionId: AuctionId, bidId: BidId, bidder: PersonId, nth },
  stream: auctionStream,
});
export const CloseLot = command('CloseLot', {
  description: 'Ends the bidding, at its time.',
  from: 'internal',
  data: { auctionId: AuctionId },
  stream: auctionStream,
  rejections: [NotYet],
});
/** Why the sale of an auction does not take place; undefined: it does. */
export type SaleCancelledFor = string | undefined;
export const DropHammer = command('DropHammer', {
  description:
    'Sells or passes the lot, once every bid placed before its end has been decided; cancels it if its sale was cancelled.',
  from: 'internal',
  data: { auctionId: AuctionId },
  stream: auctionStream,
  precondition: preconditionOf<SaleCancelledFor>(),
});
export const CancelAuction = command('CancelAuction', {
  description:
    'Calls an auction off before the hammer falls; whatever is held for it is released. Not by its seller, under any role, nor by whoever was shown its maxima or has bid in it.',
  from: ['auctioneer'],
  data: { auctionId: AuctionId, cause: Cause },
  stream: auctionStream,
  rejections: [AuctionUnknown, AuctionOver, OwnAffair, HasReadSecrets, HasBid],
  precondition: preconditionOf<{ readonly inspector: Inspector; readonly hasBid: boolean }>(),
});
export const CallOffAuction = command('CallOffAuction', {
  description: 'Cancels an auction with its sale, unless its hammer has fallen.',
  from: 'internal',
  data: { auctionId: AuctionId, lotId: LotId, saleId: SaleId, cause: Cause },
  stream: auctionStream,
});
export const SettleLot = command('SettleLot', {
  description: 'Records that a sale has been paid for and paid out.',
  from: 'internal',
  data: {
    auctionId: AuctionId,
    paidTo: LotSettled.schema.shape.paidTo,
    debtPaid: LotSettled.schema.shape.debtPaid,
  },
  stream: auctionStream,
});
export const StopSettlement = command('StopSettlement', {
  description: 'Records that a settlement cannot go on by itself.',
  from: 'internal',
  data: { auctionId: AuctionId, at: z.string().max(64), ...refusalShape },
  stream: auctionStream,
});
export const commands = [
  RegisterAuction,
  OpenAuction,
  AcceptBid,
  PassOverBid,
  CloseLot,
  DropHammer,
  CancelAuction,
  CallOffAuction,
  SettleLot,
  StopSettlement,
] as const;
