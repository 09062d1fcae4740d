import { z } from 'zod';
import { rejection } from '../../kernel/message.ts';
import { Currency } from '../../kernel/money.ts';

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
/** Of a lot: nobody could be paid for it. */
export const SellerGone = rejection('seller_gone', {
  message: 'Whoever this lot belongs to has closed their account or was erased: it is sold for them no more.',
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
