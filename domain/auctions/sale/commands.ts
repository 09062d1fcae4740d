import { z } from 'zod';
import { CurrencyUnknown } from '../../kernel/currencies.ts';
import { command, preconditionOf, type RejectionOf } from '../../kernel/message.ts';
import type { Currency } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import type { Tiers } from '../fees.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import type { Inspector } from '../inspector/reading.ts';
import type { Ladder } from '../ladder.ts';
import { Cause, Description, Title } from '../texts.ts';
import { AuctionEntered, SaleScheduled } from './events.ts';
import {
  AuctionExists,
  HasBid,
  LadderUnknown,
  SaleExists,
  SaleFull,
  SaleNotOpen,
  SalePhase,
  SaleUnknown,
  type SellerGone,
  UnsoundTiers,
} from './rejections.ts';

/** The sale's ladder is chosen by its version. */
const { ladder: _, ...prepared } = SaleScheduled.schema.shape;

/** The streams of sales. */
export const saleStream = stream('sale', ({ saleId }: { saleId: SaleId }) => saleId);

export const ScheduleSale = command('ScheduleSale', {
  description: 'Prepares a sale: its currency, increment ladder, buyer’s premium and seller’s commission.',
  from: ['auctioneer', 'clerk'],
  data: {
    ...prepared,
    title: Title,
    description: Description,
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
  data: AuctionEntered.schema.shape,
  stream: saleStream,
  rejections: [SaleUnknown, SaleNotOpen, SaleFull, AuctionExists],
});
export const CountIn = command('CountIn', {
  description: 'Counts an auction among its sale’s that was scheduled before sales kept account of them.',
  from: 'internal',
  data: { saleId: SaleId, auctionId: AuctionId, lotId: LotId },
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
  | { readonly refusal: RejectionOf<typeof SaleUnknown | typeof SaleNotOpen | typeof SellerGone> };
