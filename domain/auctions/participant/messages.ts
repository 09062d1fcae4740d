import { z } from 'zod';
import type { Actor } from '../../kernel/actor.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import {
  command,
  event,
  preconditionOf,
  type Rejection,
  type RejectionOf,
  refusalShape,
  rejection,
  secret,
} from '../../kernel/message.ts';
import { Currency, MinorUnits, Money, PositiveMoney, PositiveSum } from '../../kernel/money.ts';
import { stream } from '../../kernel/stream.ts';
import {
  AuctionClosed,
  AuctionNotOpen,
  AuctionUnknown,
  BidTooHigh,
  BidTooLow,
  CurrencyMismatch,
  FundedTooLate,
  MaximumNotRaised,
  OwnLot,
} from '../auction/messages.ts';
import { AuctionId, BidId } from '../ids.ts';
import { HasReadSecrets } from '../inspector/messages.ts';

// Streams `participant-<auctionId>:<person>`. Events are stored for ever.

export const ParticipantJoined = event('ParticipantJoined', {
  version: 1,
  description: 'A person takes part in an auction.',
  data: { auctionId: AuctionId, person: PersonId, reputation: z.int() },
});
export const BidPlaced = event('BidPlaced', {
  version: 1,
  // Of bids those leave that stand: which did not, and why, is between their bidder and the house.
  published: false,
  description:
    'A bid passed the door. Its moment and its place in the history decide that it came before the end of the lot.',
  data: {
    auctionId: AuctionId,
    bidId: BidId,
    bidder: PersonId,
    /** Which of their bids in this auction that passed the door it is, counted from 1. Not known of the first bids. */
    nth: z.int().min(1).optional(),
    currency: Currency,
    maximum: secret(MinorUnits),
    /** The maximum and the premium on it: what has to be held before the bid can stand. */
    hold: secret(MinorUnits),
    /** When it was placed: compared with the end of the lot, however late it is decided. Not known of the first bids. */
    moment: Instant.optional(),
  },
});
export const BidRejected = event('BidRejected', {
  version: 1,
  description: 'A bid was turned away at the door; the auction’s stream knows nothing of it.',
  data: {
    auctionId: AuctionId,
    bidId: BidId,
    bidder: PersonId,
    currency: Currency,
    maximum: secret(MinorUnits),
    ...refusalShape,
  },
  refusal: true,
});
export const events = [ParticipantJoined, BidPlaced, BidRejected] as const;

export const ReputationTooLow = rejection('reputation_too_low', {
  message: 'The auction asks for more reputation than yours.',
  details: { minimum: z.int(), yours: z.int() },
  status: 403,
});
export const StaffMayNotBid = rejection('staff_may_not_bid', {
  message:
    'The house’s staff, auditors, investigators and systems take no part in its auctions. Come with a token that says none of these.',
  status: 403,
});
export const NotJoined = rejection('not_joined', {
  message: 'Join the auction before you bid in it.',
});
export const BidNotFunded = rejection('bid_not_funded', {
  message:
    'The maximum and the premium on it could not be held. Open a wallet, top it up by what is missing, or pay what you owe, then bid again with a new command id.',
  details: {
    /** The maximum and the premium on it. */
    needed: Money,
    /** What the wallet lacks, beside what it has available and holds for this auction already; only where that is the cause. */
    missing: Money.optional(),
    /** What you owe, in minor units of `owedIn`, and pay first; only where that is the cause. */
    owed: PositiveSum.optional(),
    owedIn: Currency.optional(),
    /** The wallet’s reason, for example `insufficient_funds`, `wallet_not_open` or `debt_outstanding`. */
    cause: z.string(),
  },
});

/** What the precondition of somebody who joins hands on. `endsAt`: until when one may. */
export type JoinPrecondition =
  | { readonly welcome: true; readonly endsAt: Instant }
  | {
      readonly refusal: RejectionOf<
        | typeof AuctionUnknown
        | typeof AuctionNotOpen
        | typeof OwnLot
        | typeof StaffMayNotBid
        | typeof HasReadSecrets
        | typeof ReputationTooLow
      >;
    };
/** What the precondition of a bid hands on: what has to be held for it, and when the lot ends; or why it is turned away. */
export type BidPrecondition =
  | { readonly hold: bigint; readonly endsAt: Instant }
  | { readonly refusal: Rejection };

/** The streams of what each person does in each auction. */
export const participantStream = stream(
  'participant',
  ({ auctionId, person }: { auctionId: AuctionId; person: PersonId }) => `${auctionId}:${person}`,
);
const own = ({ auctionId }: { auctionId: AuctionId }, { id }: Actor): string =>
  participantStream({ auctionId, person: id });

export const JoinAuction = command('JoinAuction', {
  description: 'Takes part in an auction, if one’s reputation is enough for it.',
  from: ['bidder'],
  data: { auctionId: AuctionId },
  stream: own,
  rejections: [AuctionUnknown, AuctionNotOpen, OwnLot, StaffMayNotBid, HasReadSecrets, ReputationTooLow],
  precondition: preconditionOf<JoinPrecondition>(),
});
export const PlaceBid = command('PlaceBid', {
  description:
    'Bids up to a secret maximum. The house bids for you, by the smallest step that leads, and holds the maximum and the premium on it while you lead. Bids count in the order in which they were placed; one whose funds are not answered for within two seconds is not waited for.',
  from: ['bidder'],
  data: { auctionId: AuctionId, maximum: secret(PositiveMoney) },
  stream: own,
  rejections: [
    AuctionUnknown,
    AuctionNotOpen,
    AuctionClosed,
    CurrencyMismatch,
    OwnLot,
    StaffMayNotBid,
    HasReadSecrets,
    NotJoined,
    BidTooLow,
    BidTooHigh,
    MaximumNotRaised,
    BidNotFunded,
    FundedTooLate,
  ],
  precondition: preconditionOf<BidPrecondition>(),
});
export const commands = [JoinAuction, PlaceBid] as const;
