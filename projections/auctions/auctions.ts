import {
  AuctionCancelled,
  AuctionOpened,
  AuctionScheduled,
  BidAccepted,
  LotClosing,
  LotPassed,
  LotSettled,
  LotSold,
} from '#domain/auctions/auction/messages.ts';
import { type Money, money } from '#domain/kernel/money.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { view } from '../view.ts';
import { AuctionDocument } from './documents.ts';
import { known } from './known.ts';

type Phase = AuctionDocument['phase'];

/** Everything public of the terms; the reserve, the commission and who arranged it stay inside. */
function begun(
  { data, metadata, position }: Recorded<typeof AuctionScheduled | typeof AuctionOpened>,
  phase: Phase,
): AuctionDocument {
  const { auctionId, saleId, lotId, seller, title, description, categories, pictures } = data;
  const { currency, opensAt, endsAt, minimumReputation, ladder, premium } = data;
  const inCurrency = (amount: bigint): Money => money(amount, currency);
  return {
    ...{ id: auctionId, saleId, lotId, seller, title, description, categories, pictures, phase },
    ...{ opensAt, endsAt, ladder, premium },
    ...(minimumReputation === undefined ? {} : { minimumReputation }),
    estimateLow: inCurrency(data.estimateLow),
    estimateHigh: inCurrency(data.estimateHigh),
    openingBid: inCurrency(data.openingBid),
    price: inCurrency(data.openingBid),
    smallestBid: inCurrency(data.openingBid),
    bids: 0,
    ...(data.reserve === undefined ? {} : { reserveMet: false }),
    ...(phase === 'open' ? { openedAt: metadata.occurredAt } : {}),
    settled: false,
    position: position.toString(),
    updatedAt: metadata.occurredAt,
  };
}

/** The public state of each auction. The live feed folds with it too, so that both always say the same. */
export const auctionsView = view({
  name: 'auctions',
  version: 4,
  description: 'Every auction as everybody may see it, to discover and to follow.',
  document: AuctionDocument,
  indexes: [
    {
      name: 'phase-ends',
      fields: [
        { path: 'phase', as: 'text' },
        { path: 'endsAt', as: 'text' },
      ],
    },
    { name: 'ends', fields: [{ path: 'endsAt', as: 'text' }] },
    { name: 'position', fields: [{ path: 'position', as: 'integer' }] },
    {
      name: 'price',
      fields: [
        { path: 'price.currency', as: 'text' },
        { path: 'price.amount', as: 'integer' },
      ],
    },
    { name: 'categories', fields: [{ path: 'categories', as: 'text' }] },
    { name: 'sale', fields: [{ path: 'saleId', as: 'text' }] },
    { name: 'seller', fields: [{ path: 'seller', as: 'text' }] },
  ],
  text: ['title', 'description', 'categories'],
  on: (when) => [
    when(AuctionScheduled, (_, event) => begun(event, 'scheduled')),
    when(AuctionOpened, (before, event) => ({
      ...begun(event, 'open'),
      ...(before && { position: before.position }),
    })),
    when(BidAccepted, (before, event) => {
      const auction = known(before, event);
      const { currency, price, smallestBid, leader, reserveMet } = event.data;
      return {
        ...auction,
        price: money(price, currency),
        // A bid placed before the end may be decided behind it.
        ...(auction.phase === 'open' && { smallestBid: money(smallestBid, currency) }),
        leader,
        ...(auction.reserveMet === undefined || reserveMet === undefined ? {} : { reserveMet }),
        bids: auction.bids + 1,
        updatedAt: event.metadata.occurredAt,
      };
    }),
    when(LotClosing, (before, event) => moved(known(before, event), event, 'closing')),
    when(LotSold, (before, event) => {
      const { winner, hammer, currency } = event.data;
      return { ...moved(known(before, event), event, 'sold'), winner, hammer: money(hammer, currency) };
    }),
    when(LotPassed, (before, event) => ({
      ...moved(known(before, event), event, 'passed'),
      passedBecause: event.data.cause,
    })),
    when(AuctionCancelled, (before, event) => {
      // Who led has won nothing.
      const { leader: _, ...auction } = known(before, event);
      return { ...moved(auction, event, 'cancelled'), cancelledFor: event.data.cause };
    }),
    when(LotSettled, (before, event) => ({
      ...known(before, event),
      settled: true,
      updatedAt: event.metadata.occurredAt,
    })),
  ],
  key: (event) => event.data.auctionId,
});

const moved = (
  auction: AuctionDocument,
  event: { readonly metadata: { readonly occurredAt: string } },
  phase: Phase,
): AuctionDocument => {
  // Nobody may bid from here on.
  const { smallestBid: _, ...rest } = auction;
  return { ...rest, phase, updatedAt: event.metadata.occurredAt };
};
