import { z } from 'zod';
import { NotYet } from '../../kernel/deadline.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, preconditionOf, refusalShape, secret } from '../../kernel/message.ts';
import { PositiveMinorUnits } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { AuctionId, BidId, LotId, SaleId } from '../ids.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import type { Inspector } from '../inspector/reading.ts';
import { auctionTerms } from '../lot/messages.ts';
import { AuctionExists, HasBid, SaleNotOpen } from '../sale/messages.ts';
import { Cause } from '../texts.ts';
import { AuctionCancelled, BidAccepted, LotSettled } from './events.ts';
import {
  AuctionClosed,
  AuctionNotOpen,
  AuctionOver,
  AuctionUnknown,
  BidTooHigh,
  BidTooLow,
  FundedTooLate,
  MaximumNotRaised,
  NotYourAuction,
  OwnLot,
} from './rejections.ts';

const { cause } = AuctionCancelled.schema.shape;
const { nth } = BidAccepted.schema.shape;
/** A place in the one history as a decimal string: a number would lose digits. */
const PositionText = z.string().regex(/^(0|[1-9]\d{0,19})$/, 'a position as a decimal string');

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
  data: { auctionId: AuctionId, lotId: LotId, saleId: SaleId, cause },
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
