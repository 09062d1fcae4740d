import { z } from 'zod';
import { CurrencyUnknown } from '../../kernel/currencies.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, event, preconditionOf, rejection, secret, type Upcast } from '../../kernel/message.ts';
import { Currency, MinorUnits, Money, PositiveMinorUnits, PositiveMoney } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { anyText, someText } from '../../kernel/text.ts';
import { Tiers } from '../fees.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import { Ladder } from '../ladder.ts';
import {
  AuctionExists,
  SaleFull,
  SaleNotOpen,
  type SalePrecondition,
  SaleUnknown,
} from '../sale/messages.ts';

// Streams `lot-<lotId>`. Events are stored for ever.

const Cause = someText(500);
const Category = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and hyphens, at most 40')
  .meta({ id: 'Category', description: 'A category, for example `watches`.' });
/** `http` or `https`, a host by its name, perhaps a port, and what RFC 3986 lets stand behind it. */
const ADDRESS = new RegExp(
  String.raw`^https?:\/\/([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?` +
    String.raw`(:[1-9][0-9]{0,3})?([\/?#]([A-Za-z0-9._~:@!$&'()*+,;=\/?-]|%[0-9A-Fa-f]{2})*)?$`,
);
const Picture = z
  .string()
  .regex(ADDRESS, 'the address of a picture, http or https')
  .max(2_000)
  .meta({ id: 'Picture', description: 'The address of a picture, http or https, in ASCII.' });
const MOST_PICTURES = 20;

const described = {
  title: someText(200),
  description: anyText(10_000),
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

/** From its second version on, `staff` may be left out; from the third of `LotOffered` on, the sale is told whose its lots are. */
export const asItWas: Upcast = (terms) => terms;

export const LotConsigned = event('LotConsigned', {
  version: 1,
  description: 'A seller has put a lot into the house’s hands.',
  data: { lotId: LotId, consignor: PersonId, ...publicLot, ...valuation },
});
export const LotAmended = event('LotAmended', {
  version: 1,
  description: 'The lot is described anew, as a whole.',
  data: { lotId: LotId, ...publicLot, ...valuation },
});
export const LotOffered = event('LotOffered', {
  version: 3,
  description:
    'The lot is promised to one auction, on these terms; until it comes back no other can have it.',
  data: auctionTerms,
  upcasts: { 1: asItWas, 2: asItWas },
});
export const LotReturned = event('LotReturned', {
  version: 1,
  description: 'The auction did not sell the lot; it may be amended, offered again or withdrawn.',
  data: { lotId: LotId, auctionId: AuctionId },
});
export const OwnershipPassed = event('OwnershipPassed', {
  version: 1,
  description: 'The lot was sold and has a new owner.',
  data: { lotId: LotId, auctionId: AuctionId, owner: PersonId },
});
export const LotWithdrawn = event('LotWithdrawn', {
  version: 1,
  description: 'The lot went back to its consignor.',
  data: { lotId: LotId, cause: Cause },
});
export const events = [
  LotConsigned,
  LotAmended,
  LotOffered,
  LotReturned,
  OwnershipPassed,
  LotWithdrawn,
] as const;

export const LotExists = rejection('lot_exists', { message: 'There is a lot of this id already.' });
export const LotUnknown = rejection('lot_unknown', { message: 'There is no such lot.', status: 404 });
export const NotYourLot = rejection('not_your_lot', {
  message: 'Only its consignor and the house’s staff may do this with a lot.',
  status: 403,
});
export const ConsignorMissing = rejection('consignor_missing', {
  message: 'Staff who enter a lot say whose it is: name its consignor, with a new command id.',
  status: 422,
});
export const LotPhase = rejection('lot_phase', {
  message: 'The lot is offered, sold or withdrawn, and this needs it at rest.',
  says: ({ phase }) =>
    phase === 'offered'
      ? 'The lot is offered in an auction, and this needs it at rest. Cancel the auction first.'
      : `The lot is ${phase}, and this needs it at rest.`,
  details: { phase: z.string() },
});
export const UnsoundLot = rejection('unsound_lot', {
  message: 'The amounts of the lot do not fit together.',
  details: { problem: z.string() },
  status: 422,
});
export const UnsoundTimes = rejection('unsound_times', {
  message:
    'An auction takes bids for a minute at least, from its opening and from now. It ends within 90 days of `opensAt`, and in the year 9999 at the latest.',
  details: { now: Instant },
  status: 422,
});
export const NoLadder = rejection('no_ladder', {
  message:
    'No increment ladder is in this currency, so that no sale could take the lot. The query `ladders` lists all.',
  details: { currency: Currency, currencies: z.array(Currency) },
  status: 422,
});
export const OtherCurrency = rejection('other_currency', {
  message: 'The lot and the sale are in different currencies.',
  details: { lot: Currency, sale: Currency },
});

/** The streams of lots. */
export const lotStream = stream('lot', ({ lotId }: { lotId: LotId }) => lotId);
const offer = {
  lotId: LotId,
  ...described,
  pictures: z.array(Picture).max(MOST_PICTURES),
  estimateLow: Money,
  estimateHigh: Money,
  openingBid: PositiveMoney,
  reserve: secret(PositiveMoney.optional()),
} as const;

export const ConsignLot = command('ConsignLot', {
  description:
    'Puts a lot up: what it is, its estimate, opening bid and secret reserve, all in one currency that has a ladder. A reserve lies between the opening bid and the high estimate.',
  from: ['seller', 'auctioneer', 'clerk'],
  data: {
    ...offer,
    /** Whose lot it is. Staff have to say it; everybody else enters their own. */
    consignor: PersonId.optional(),
  },
  stream: lotStream,
  rejections: [LotExists, NotYourLot, ConsignorMissing, UnsoundLot, CurrencyUnknown, NoLadder],
});
export const AmendLot = command('AmendLot', {
  description: 'Describes a lot anew, as a whole; a reserve left out is no reserve. Not while it is offered.',
  from: ['seller', 'auctioneer', 'clerk'],
  data: offer,
  stream: lotStream,
  rejections: [LotUnknown, NotYourLot, LotPhase, UnsoundLot, CurrencyUnknown, NoLadder],
});
export const WithdrawLot = command('WithdrawLot', {
  description: 'Gives a lot back to its consignor. Not while it is offered: cancel the auction first.',
  from: ['seller', 'auctioneer', 'clerk'],
  data: { lotId: LotId, cause: Cause },
  stream: lotStream,
  rejections: [LotUnknown, NotYourLot, LotPhase],
});
export const ScheduleAuction = command('ScheduleAuction', {
  description:
    'Offers a lot in a timed English auction of a published sale, on the sale’s terms. Whoever arranged the sale does not put their own lot into it.',
  from: ['seller', 'auctioneer', 'clerk'],
  data: {
    auctionId: AuctionId,
    lotId: LotId,
    saleId: SaleId,
    opensAt: Instant,
    endsAt: Instant,
    minimumReputation: auctionTerms.minimumReputation,
  },
  stream: lotStream,
  rejections: [
    LotUnknown,
    NotYourLot,
    OwnAffair,
    LotPhase,
    UnsoundTimes,
    OtherCurrency,
    SaleUnknown,
    SaleNotOpen,
    SaleFull,
    AuctionExists,
  ],
  precondition: preconditionOf<SalePrecondition>(),
});
export const ReturnLot = command('ReturnLot', {
  description: 'Takes a lot back from an auction that did not sell it.',
  from: 'internal',
  data: { lotId: LotId, auctionId: AuctionId },
  stream: lotStream,
});
export const PassOwnership = command('PassOwnership', {
  description: 'Gives a lot to whoever bought it.',
  from: 'internal',
  data: { lotId: LotId, auctionId: AuctionId, owner: PersonId },
  stream: lotStream,
});
export const commands = [
  ConsignLot,
  AmendLot,
  WithdrawLot,
  ScheduleAuction,
  ReturnLot,
  PassOwnership,
] as const;
