import { z } from 'zod';
import { CurrencyUnknown } from '../../kernel/currencies.ts';
import { PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { command, preconditionOf, secret } from '../../kernel/message.ts';
import { Money, PositiveMoney } from '../../kernel/money.ts';
import { OwnAffair } from '../../kernel/own-affair.ts';
import { stream } from '../../kernel/stream.ts';
import { AuctionId, LotId, SaleId } from '../ids.ts';
import {
  AuctionExists,
  SaleFull,
  SaleNotOpen,
  type SalePrecondition,
  SaleUnknown,
  SellerGone,
} from '../sale/messages.ts';
import { Cause, Description, Title } from '../texts.ts';
import { auctionTerms, MOST_PICTURES, publicLot } from './events.ts';
import {
  ConsignorMissing,
  LotExists,
  LotPhase,
  LotUnknown,
  NoLadder,
  NotYourLot,
  OtherCurrency,
  UnsoundLot,
  UnsoundTimes,
} from './rejections.ts';

/** The streams of lots. */
export const lotStream = stream('lot', ({ lotId }: { lotId: LotId }) => lotId);

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
const offer = {
  lotId: LotId,
  ...publicLot,
  title: Title,
  description: Description,
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
    SellerGone,
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
