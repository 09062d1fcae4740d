import { z } from 'zod';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { event, secret, type Upcast } from '../../kernel/message.ts';
import { Currency, MinorUnits, PositiveMinorUnits } from '../../kernel/money.ts';
import { Tiers } from '../fees.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import { Ladder } from '../ladder.ts';
import { KeptCause, KeptDescription, KeptTitle } from '../texts.ts';

// Streams `lot-<lotId>`. Events are stored for ever.

const Category = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40')
  .meta({ id: 'Category', description: 'A category, for example `watches`.' });
/** Of one lot. */
export const MOST_PICTURES = 20;

const described = {
  title: KeptTitle,
  description: KeptDescription,
  categories: z.array(Category).max(8),
} as const;

/** What everybody may know of a lot. Addresses of pictures are kept as they were taken when they were. */
export const publicLot = {
  ...described,
  pictures: z.array(z.string().max(2_000)).max(MOST_PICTURES),
} as const;

/** What a lot is worth to whom, in minor units of its currency. */
const valuation = {
  currency: Currency,
  estimateLow: MinorUnits,
  estimateHigh: MinorUnits,
  openingBid: PositiveMinorUnits,
  /** Below it the lot is not sold. Only whether it is met is ever public. */
  reserve: secret(PositiveMinorUnits.optional()),
} as const;

/** The terms of an auction as they are frozen: those of the lot, those of the sale, and its own. */
export const auctionTerms = {
  auctionId: AuctionId,
  saleId: SaleId,
  lotId: LotId,
  seller: PersonId,
  /** Of the first auctions alone: who beside the seller had a hand in them, before each stream kept its own. */
  staff: z.array(PersonId).max(8).optional(),
  ...publicLot,
  ...valuation,
  ladder: Ladder,
  premium: Tiers,
  commission: Tiers,
  opensAt: Instant,
  endsAt: Instant,
  /** When the lot, and its reserve with it, came to the house; not known of the first auctions. */
  consignedAt: Instant.optional(),
  /** The least reputation with which a person may join; none: everybody may. */
  minimumReputation: z.int().min(-1_000_000).max(1_000_000).optional(),
} as const;

/** From its second version on, `staff` may be left out; from the third of `LotOffered` on, the sale is told whose its lots are; from its fourth on, the consignor is known to sell, until the lot that comes back says that it is over. */
export const asItWas: Upcast = (terms) => terms;

export const LotConsigned = event('LotConsigned', {
  version: 1,
  published: true,
  description: 'A seller has put a lot into the house’s hands.',
  data: { lotId: LotId, consignor: PersonId, ...publicLot, ...valuation },
});
export const LotAmended = event('LotAmended', {
  version: 1,
  published: true,
  description: 'The lot is described anew, as a whole.',
  data: { lotId: LotId, ...publicLot, ...valuation },
});
export const LotOffered = event('LotOffered', {
  version: 4,
  published: true,
  description:
    'The lot is promised to one auction, on these terms; until it comes back no other can have it.',
  data: auctionTerms,
  upcasts: { 1: asItWas, 2: asItWas, 3: asItWas },
});
export const LotReturned = event('LotReturned', {
  version: 1,
  description: 'The auction did not sell the lot; it may be amended, offered again or withdrawn.',
  data: {
    lotId: LotId,
    auctionId: AuctionId,
    /** Whose it is; not known of the first. */
    consignor: PersonId.optional(),
  },
});
export const OwnershipPassed = event('OwnershipPassed', {
  version: 1,
  description: 'The lot was sold and has a new owner.',
  data: { lotId: LotId, auctionId: AuctionId, owner: PersonId },
});
export const LotWithdrawn = event('LotWithdrawn', {
  version: 1,
  description: 'The lot went back to its consignor.',
  data: { lotId: LotId, cause: KeptCause },
});
export const events = [
  LotConsigned,
  LotAmended,
  LotOffered,
  LotReturned,
  OwnershipPassed,
  LotWithdrawn,
] as const;
