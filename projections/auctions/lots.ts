import { AuctionRefused } from '#domain/auctions/auction/messages.ts';
import {
  LotAmended,
  LotConsigned,
  LotOffered,
  LotReturned,
  LotWithdrawn,
  OwnershipPassed,
} from '#domain/auctions/lot/messages.ts';
import { AuctionTurnedAway } from '#domain/auctions/sale/messages.ts';
import { money } from '#domain/kernel/money.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { view } from '../view.ts';
import { LotDocument } from './documents.ts';
import { known } from './known.ts';

/** What is said of a lot as a whole, when it comes and when it is amended. */
function described({ data, metadata }: Recorded<typeof LotConsigned | typeof LotAmended>) {
  const { lotId, title, description, categories, pictures, currency, reserve } = data;
  return {
    ...{ id: lotId, title, description, categories, pictures },
    estimateLow: money(data.estimateLow, currency),
    estimateHigh: money(data.estimateHigh, currency),
    openingBid: money(data.openingBid, currency),
    ...(reserve === undefined ? {} : { reserve: money(reserve, currency) }),
    updatedAt: metadata.occurredAt,
  };
}

const moved = (
  lot: LotDocument,
  event: { readonly metadata: { readonly occurredAt: string } },
  phase: LotDocument['phase'],
): LotDocument => ({ ...lot, phase, updatedAt: event.metadata.occurredAt });

/** The auction never was the lot's: its id may be that of another. */
function notIn(
  before: LotDocument | undefined,
  event: Recorded<typeof AuctionTurnedAway | typeof AuctionRefused>,
): LotDocument {
  const { auctionId, ...lot } = known(before, event);
  return auctionId === event.data.auctionId || auctionId === undefined ? lot : { ...lot, auctionId };
}

export const lotsView = view({
  name: 'lots',
  version: 2,
  description: 'Lots from consignment to their new owner; the reserve is for the consignor and the house.',
  document: LotDocument,
  indexes: [
    { name: 'consignor', fields: [{ path: 'consignor', as: 'text' }] },
    { name: 'phase', fields: [{ path: 'phase', as: 'text' }] },
  ],
  text: ['title', 'description'],
  on: (when) => [
    when(
      LotConsigned,
      (_, event): LotDocument => ({
        ...described(event),
        consignor: event.data.consignor,
        phase: 'consigned',
      }),
    ),
    when(LotAmended, (before, event) => {
      const { consignor, phase, auctionId } = known(before, event);
      return { ...described(event), consignor, phase, ...(auctionId === undefined ? {} : { auctionId }) };
    }),
    when(LotOffered, (before, event) => ({
      ...moved(known(before, event), event, 'offered'),
      auctionId: event.data.auctionId,
    })),
    when(AuctionTurnedAway, AuctionRefused, notIn),
    when(LotReturned, (before, event) => moved(known(before, event), event, 'consigned')),
    when(OwnershipPassed, (before, event) => ({
      ...moved(known(before, event), event, 'sold'),
      owner: event.data.owner,
    })),
    when(LotWithdrawn, (before, event) => moved(known(before, event), event, 'withdrawn')),
  ],
  key: (event) => event.data.lotId,
});
