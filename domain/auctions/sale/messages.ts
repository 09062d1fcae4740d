import { z } from 'zod';
import { CurrencyUnknown } from '../../kernel/currencies.ts';
import { PersonId } from '../../kernel/ids.ts';
import {
  command,
  event,
  preconditionOf,
  type RejectionOf,
  refusalShape,
  rejection,
} from '../../kernel/message.ts';
import { Currency } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { anyText, someText } from '../../kernel/text.ts';
import { Tiers } from '../fees.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import type { Inspector } from '../inspector/reading.ts';
import { Ladder } from '../ladder.ts';

// Streams `sale-<saleId>`. Events are stored for ever.

const Title = someText(200);
const Description = anyText(10_000);
const Cause = someText(500);

/** On what terms a sale's lots are sold. */
const terms = { currency: Currency, premium: Tiers, commission: Tiers } as const;

export const SaleScheduled = event('SaleScheduled', {
  version: 1,
  description: 'A sale is being prepared: one set of terms for all its lots.',
  data: { saleId: SaleId, title: Title, description: Description, ...terms, ladder: Ladder },
});
export const SalePublished = event('SalePublished', {
  version: 1,
  description: 'The sale is announced; auctions of lots can be scheduled in it.',
  data: { saleId: SaleId },
});
export const SaleClosed = event('SaleClosed', {
  version: 1,
  description: 'Nothing more is taken into the sale; the auctions in it run to their end.',
  data: { saleId: SaleId },
});
export const SaleCancelled = event('SaleCancelled', {
  version: 1,
  description:
    'The sale does not take place. No auction in it sells whose lot closes behind this; each is called off by an event of its own.',
  data: {
    saleId: SaleId,
    cause: Cause,
    /** How many auctions it had; left out of sales that were cancelled before they were counted. */
    auctions: z.int().min(0).optional(),
  },
});
/** So many auctions are called off in one append, the first of them with the sale itself. */
export const AUCTIONS_PER_APPEND = 90;
const place = { saleId: SaleId, auctionId: AuctionId, lotId: LotId } as const;
const entry = {
  ...place,
  /** Whose lot it is; not known of the first, nor of those that were counted in later. */
  seller: PersonId.optional(),
} as const;
export const AuctionEntered = event('AuctionEntered', {
  version: 1,
  description: 'An auction is one of the sale’s: it is called off with it.',
  data: entry,
});
export const AuctionTurnedAway = event('AuctionTurnedAway', {
  version: 1,
  description: 'The sale no longer took an auction when a lot had been promised to it; the lot comes back.',
  data: { ...place, ...refusalShape },
  refusal: true,
});
export const AuctionCalledOff = event('AuctionCalledOff', {
  version: 1,
  description: 'An auction of a sale that does not take place is to be cancelled.',
  data: { ...place, cause: Cause },
});
export const events = [
  SaleScheduled,
  SalePublished,
  SaleClosed,
  SaleCancelled,
  AuctionEntered,
  AuctionTurnedAway,
  AuctionCalledOff,
] as const;

export const SaleExists = rejection('sale_exists', { message: 'There is a sale of this id already.' });
export const SaleUnknown = rejection('sale_unknown', { message: 'There is no such sale.', status: 404 });
/** What a rejection says of a sale. `cause`: why it was cancelled. */
const asItIs = { phase: z.string(), cause: z.string().optional() };
const cancelledFor = (cause: string): string => `The sale was cancelled: ${cause}`;
export const SaleNotOpen = rejection('sale_not_open', {
  message: 'The sale takes no auctions now: it has to be published, and neither closed nor cancelled.',
  says: ({ phase, cause }) =>
    cause === undefined
      ? `The sale takes no auctions now: it is ${phase}, and has to be published.`
      : cancelledFor(cause),
  details: asItIs,
});
export const SaleFull = rejection('sale_full', {
  message: 'The sale has as many auctions as it can take. Schedule a further sale.',
  details: { most: z.int() },
});
/** Of a lot or an auction: the id is taken. */
export const AuctionExists = rejection('auction_exists', {
  message: 'There is an auction of this id already. Use a new id.',
});
export const SalePhase = rejection('sale_phase', {
  message: 'The sale is not in a phase that allows this.',
  says: ({ phase, cause }) =>
    cause === undefined
      ? `The sale is ${phase}: only one that is scheduled can be published, and only a published one closed.`
      : cancelledFor(cause),
  details: asItIs,
});
/** Of an auction, or of any auction of a sale: whoever has a hand in it does not bid, and the other way round. */
export const HasBid = rejection('has_bid', {
  message:
    'You have bid in this auction, or in an auction of this sale, and take no hand in it. Leave it to somebody who has not.',
  status: 403,
});
export const UnsoundTiers = rejection('unsound_tiers', {
  message: 'The tiers of a rate rise, and each has an end but the last.',
  details: { of: z.enum(['premium', 'commission']) },
  status: 422,
});
export const LadderUnknown = rejection('ladder_unknown', {
  message: 'There is no increment ladder of this version in this currency.',
  details: { currency: Currency, version: z.int() },
});

/** The streams of sales. */
export const saleStream = stream('sale', ({ saleId }: { saleId: SaleId }) => saleId);

export const ScheduleSale = command('ScheduleSale', {
  description: 'Prepares a sale: its currency, increment ladder, buyer’s premium and seller’s commission.',
  from: ['auctioneer', 'clerk'],
  data: {
    saleId: SaleId,
    title: Title,
    description: Description,
    ...terms,
    ladderVersion: z.int().min(1).max(10_000),
  },
  stream: saleStream,
  rejections: [SaleExists, CurrencyUnknown, UnsoundTiers, LadderUnknown],
});
export const PublishSale = command('PublishSale', {
  description: 'Announces a sale, so that auctions can be scheduled in it.',
  from: ['auctioneer', 'clerk'],
  data: { saleId: SaleId },
  stream: saleStream,
  rejections: [SaleUnknown, SalePhase],
});
export const CloseSale = command('CloseSale', {
  description:
    'Takes nothing more into a sale. Its auctions run to their end. Not by whoever has bid in one of them or has a lot in it.',
  from: ['auctioneer', 'clerk'],
  data: { saleId: SaleId },
  stream: saleStream,
  rejections: [SaleUnknown, SalePhase, OwnAffair, HasBid],
  precondition: preconditionOf<{ readonly hasBid: boolean }>(),
});
export const CancelSale = command('CancelSale', {
  description:
    'Calls a sale off, also one that is closed: its auctions still run. Nobody joins them or bids any more; each is cancelled with the same cause, whatever is held for it is released, and its lot comes back. What has been sold stays sold, and so does a lot that closed before. Not by whoever was shown maxima since the sale took its first auction in, has bid in one of them, or has a lot in it.',
  from: ['auctioneer'],
  data: { saleId: SaleId, cause: Cause },
  stream: saleStream,
  rejections: [SaleUnknown, OwnAffair, HasReadSecrets, HasBid],
  precondition: preconditionOf<{ readonly inspector: Inspector; readonly hasBid: boolean }>(),
});
export const EnterSale = command('EnterSale', {
  description: 'Takes an auction into its sale, before it is scheduled.',
  from: 'internal',
  data: entry,
  stream: saleStream,
  rejections: [SaleUnknown, SaleNotOpen, SaleFull, AuctionExists],
});
export const CountIn = command('CountIn', {
  description: 'Counts an auction among its sale’s that was scheduled before sales kept account of them.',
  from: 'internal',
  data: place,
  stream: saleStream,
  rejections: [SaleUnknown],
});
export const CallOffRest = command('CallOffRest', {
  description: 'Calls off further auctions of a cancelled sale, as many as one append may.',
  from: 'internal',
  data: { saleId: SaleId },
  stream: saleStream,
});
export const commands = [
  ScheduleSale,
  PublishSale,
  CloseSale,
  CancelSale,
  EnterSale,
  CountIn,
  CallOffRest,
] as const;

/** What a sale lends to the auctions in it. */
export interface SaleTerms {
  readonly currency: Currency;
  readonly premium: Tiers;
  readonly commission: Tiers;
  readonly ladder: Ladder;
}
/** How the workflow that schedules an auction hands them on: the terms and whether whoever asks has made them, or why there are none. */
export type SalePrecondition =
  | { readonly terms: SaleTerms; readonly hasArranged: boolean }
  | { readonly refusal: RejectionOf<typeof SaleUnknown | typeof SaleNotOpen> };
