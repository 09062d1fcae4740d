import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { event, refusalShape } from '../../kernel/message.ts';
import { Currency } from '../../kernel/money.ts';
import { Tiers } from '../fees.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import { Ladder } from '../ladder.ts';
import { KeptCause, KeptDescription, KeptTitle } from '../texts.ts';

// Streams `sale-<saleId>`. Events are stored for ever.

/** On what terms a sale's lots are sold. */
const terms = { currency: Currency, premium: Tiers, commission: Tiers } as const;

export const SaleScheduled = event('SaleScheduled', {
  version: 1,
  published: true,
  description: 'A sale is being prepared: one set of terms for all its lots.',
  data: { saleId: SaleId, title: KeptTitle, description: KeptDescription, ...terms, ladder: Ladder },
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
    cause: KeptCause,
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
  data: { ...place, cause: KeptCause },
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
