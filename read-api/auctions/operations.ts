import { z } from 'zod';
import { auctionStream } from '#domain/auctions/auction/messages.ts';
import { AuctionId, BidId, LotId, SaleId } from '#domain/auctions/ids.ts';
import { Ladder, ladders } from '#domain/auctions/ladder.ts';
import { overseers } from '#domain/kernel/actor.ts';
import { currencies, KnownCurrency } from '#domain/kernel/currencies.ts';
import { PersonId } from '#domain/kernel/ids.ts';
import { Instant } from '#domain/kernel/instant.ts';
import { Currency, MinorUnits } from '#domain/kernel/money.ts';
import type { Filter, Query } from '#domain/kernel/ports/query.ts';
import { Invalid, RejectedError } from '#domain/kernel/rejections.ts';
import { auctionsView } from '#projections/auctions/auctions.ts';
import { bidsView } from '#projections/auctions/bids.ts';
import {
  AuctionDocument,
  AuctionPhase,
  BidDocument,
  BidStatus,
  LotDocument,
  SaleDocument,
  SettlementDocument,
} from '#projections/auctions/documents.ts';
import { lotsView } from '#projections/auctions/lots.ts';
import { salesView } from '#projections/auctions/sales.ts';
import { settlementsView } from '#projections/auctions/settlements.ts';
import { isTheirs, oversees, personAsked } from '../authorization/own.ts';
import { hasRole } from '../authorization/who.ts';
import { connection, pageArguments } from '../connection.ts';
import { documents } from '../documents.ts';
import { field, node, type Operations, query } from '../operation.ts';
import type { ResolverContext } from '../resolver-context.ts';
import { auctionFeed } from './feed.ts';

const auctions = documents(auctionsView);
const bids = documents(bidsView);
const sales = documents(salesView);
const lots = documents(lotsView);
const settlements = documents(settlementsView);

const orders = {
  ending_first: [{ field: 'endsAt', direction: 'ascending' }],
  ending_last: [{ field: 'endsAt', direction: 'descending' }],
  cheapest: [{ field: 'price.amount', direction: 'ascending' }],
  dearest: [{ field: 'price.amount', direction: 'descending' }],
  newest: [{ field: 'position', direction: 'descending' }],
} as const satisfies Record<string, Query['sort']>;
const AuctionSort = z.enum(['ending_first', 'ending_last', 'cheapest', 'dearest', 'newest']).meta({
  id: 'AuctionSort',
  description:
    'In what order auctions are listed; the newest is the one scheduled last. By price only within one `currency` or one sale.',
});

const words = (of: string) =>
  z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: `Words of ${of}; all must be there, the last perhaps by its beginning.` });
const ofNameAndText = words('the title or the description');

const discovery = {
  text: words('the title, the description or a category'),
  category: z.string().min(1).max(40).optional(),
  phase: z.array(AuctionPhase).min(1).max(6).optional(),
  saleId: SaleId.optional(),
  seller: PersonId.optional(),
  currency: Currency.optional(),
  priceFrom: MinorUnits.optional().meta({
    description: 'Only with a `currency` or a `saleId`: amounts of two currencies do not compare.',
  }),
  priceTo: MinorUnits.optional(),
  endsFrom: Instant.optional(),
  endsTo: Instant.optional(),
  sort: AuctionSort.default('ending_first'),
} as const;
type Discovery = z.output<z.ZodObject<typeof discovery>>;

function range<T extends bigint | string>(from: T | undefined, to: T | undefined) {
  return { ...(from !== undefined && { $gte: from }), ...(to !== undefined && { $lte: to }) };
}

/** Amounts of two currencies do not compare; a sale has one. */
function inOneCurrency({ currency, saleId, priceFrom, priceTo, sort }: Discovery): void {
  const compares = (priceFrom ?? priceTo) !== undefined || sort === 'cheapest' || sort === 'dearest';
  if (!compares || currency !== undefined || saleId !== undefined) return;
  const problem = 'missing: prices compare within one currency (or one sale)';
  throw new RejectedError(Invalid({ issues: [{ path: 'currency', problem }] }));
}

function wanted(asked: Discovery): Filter {
  inOneCurrency(asked);
  const { category, phase, saleId, seller, currency, priceFrom, priceTo, endsFrom, endsTo } = asked;
  return {
    ...(category !== undefined && { categories: category }),
    ...(phase !== undefined && { phase: { $in: phase } }),
    ...(saleId !== undefined && { saleId }),
    ...(seller !== undefined && { seller }),
    ...(currency !== undefined && { 'price.currency': currency }),
    ...((priceFrom ?? priceTo) !== undefined && { 'price.amount': range(priceFrom, priceTo) }),
    ...((endsFrom ?? endsTo) !== undefined && { endsAt: range(endsFrom, endsTo) }),
  };
}

/** Bids that moved an auction are public; those turned away are between the bidder and the house. */
const publicBids = ['leading', 'automatic', 'outbid', 'superseded', 'won', 'unsold', 'cancelled'] as const;
const isPublic = ({ status }: BidDocument): boolean => publicBids.some((known) => known === status);

function visibleBids(auctionId: string, context: ResolverContext): Filter {
  if (oversees(context)) return { auctionId };
  const { actor } = context.viewer;
  const standing: Filter = { status: { $in: publicBids } };
  return { auctionId, ...(actor === undefined ? standing : { $or: [standing, { bidder: actor.id }] }) };
}

/** In the order of the history, which a millisecond does not tell. */
const newestFirst = [{ field: 'position', direction: 'descending' }] as const;

const auction = query({
  description: 'One auction.',
  who: 'anyone',
  args: { auctionId: AuctionId },
  returns: AuctionDocument.nullable(),
  resolve: ({ auctionId }, context) => auctions.get(auctionId, context),
});

const sale = query({
  description: 'One sale.',
  who: 'anyone',
  args: { saleId: SaleId },
  returns: SaleDocument.nullable(),
  resolve: ({ saleId }, context) => sales.get(saleId, context),
});

const lot = query({
  description: 'One lot.',
  who: 'anyone',
  args: { lotId: LotId },
  returns: LotDocument.nullable(),
  resolve: ({ lotId }, context) => lots.get(lotId, context),
});

const settlement = query({
  description:
    'What a sale moves and how far that is: for its buyer, its seller, auctioneers, clerks, auditors and investigators.',
  who: 'member',
  whose: { and: ['auctioneer', 'clerk', ...overseers] },
  args: { auctionId: AuctionId },
  returns: SettlementDocument.nullable(),
  async resolve({ auctionId }, context) {
    const found = await settlements.get(auctionId, context);
    if (found === null) return null;
    const services = hasRole(context.viewer.actor, ['auctioneer', 'clerk']);
    return services || isTheirs([found.buyer, found.seller], context) ? found : null;
  },
});

const bid = query({
  description:
    'One bid. One that does not stand, or is not decided yet, is shown to its bidder, auditors and investigators alone.',
  who: 'anyone',
  whose: { and: overseers, besides: 'bids that stand' },
  args: { bidId: BidId },
  returns: BidDocument.nullable(),
  async resolve({ bidId }, context) {
    const found = await bids.get(bidId, context);
    return found !== null && (isPublic(found) || isTheirs([found.bidder], context)) ? found : null;
  },
});

export const auctionOperations: Operations = {
  queries: {
    auctions: query({
      description: 'Discovers auctions.',
      who: 'anyone',
      args: { ...discovery, ...pageArguments },
      returns: connection(AuctionDocument),
      resolve: async (args, context) =>
        auctions.page(
          {
            filter: wanted(args),
            sort: orders[args.sort],
            ...(args.text !== undefined && { text: args.text }),
          },
          args,
          context,
        ),
    }),
    auction,
    bid,
    myBids: query({
      description:
        'Your bids, the newest first, with your maxima and what became of each; those that the house bid for you stand beside them.',
      who: 'member',
      whose: { and: [] },
      args: {
        auctionId: AuctionId.optional(),
        status: z.array(BidStatus).min(1).max(10).optional(),
        ...pageArguments,
      },
      returns: connection(BidDocument),
      resolve: (args, context) => {
        const { auctionId, status } = args;
        const filter: Filter = {
          bidder: personAsked(undefined, context),
          ...(auctionId !== undefined && { auctionId }),
          ...(status !== undefined && { status: { $in: status } }),
        };
        return bids.page({ filter, sort: newestFirst }, args, context);
      },
    }),
    sales: query({
      description: 'Sales, each with its terms.',
      who: 'anyone',
      args: { text: ofNameAndText, phase: SaleDocument.shape.phase.optional(), ...pageArguments },
      returns: connection(SaleDocument),
      resolve: ({ text, phase, ...args }, context) => {
        const filter: Filter = phase === undefined ? {} : { phase };
        return sales.page({ filter, ...(text !== undefined && { text }) }, args, context);
      },
    }),
    sale,
    currencies: query({
      description: 'The currencies that exist, with the exponents of their minor units.',
      who: 'anyone',
      args: {},
      returns: z.array(KnownCurrency).max(currencies.size),
      resolve: () => Promise.resolve([...currencies.values()]),
    }),
    ladders: query({
      description: 'The increment ladders that a sale may name, each by its currency and version.',
      who: 'anyone',
      args: { currency: Currency.optional() },
      returns: z.array(Ladder).max(ladders.length),
      resolve: ({ currency }) =>
        Promise.resolve(ladders.filter((ladder) => currency === undefined || ladder.currency === currency)),
    }),
    lots: query({
      description:
        'Lots. A reserve is shown to the consignor, and to auctioneers, clerks, auditors and investigators.',
      who: 'anyone',
      args: {
        text: ofNameAndText,
        consignor: PersonId.optional(),
        phase: LotDocument.shape.phase.optional(),
        ...pageArguments,
      },
      returns: connection(LotDocument),
      resolve: ({ text, consignor, phase, ...args }, context) => {
        const filter: Filter = {
          ...(consignor !== undefined && { consignor }),
          ...(phase !== undefined && { phase }),
        };
        return lots.page({ filter, ...(text !== undefined && { text }) }, args, context);
      },
    }),
    lot,
    settlement,
    settlements: query({
      description:
        'What sales move, the newest first: for the office, by how far each is and to whom it was paid.',
      who: ['auctioneer', 'clerk', 'auditor', 'investigator'],
      args: {
        status: z.array(SettlementDocument.shape.status).min(1).max(3).optional(),
        paidTo: SettlementDocument.shape.paidTo,
        seller: PersonId.optional(),
        buyer: PersonId.optional(),
        ...pageArguments,
      },
      returns: connection(SettlementDocument),
      resolve: ({ status, paidTo, seller, buyer, ...args }, context) => {
        const filter: Filter = {
          ...(status !== undefined && { status: { $in: status } }),
          ...(paidTo !== undefined && { paidTo }),
          ...(seller !== undefined && { seller }),
          ...(buyer !== undefined && { buyer }),
        };
        return settlements.page({ filter, sort: newestFirst }, args, context);
      },
    }),
  },
  subscriptions: { auctionFeed },
  fields: {
    bidHistory: field({
      of: AuctionDocument,
      description:
        'The bids, the newest first; what the house bid for the leader is a row of its own. Of others, maxima and the bids that do not stand or are not decided yet are shown to auditors and investigators alone.',
      who: 'anyone',
      whose: { and: overseers, besides: 'bids that stand' },
      args: pageArguments,
      returns: connection(BidDocument),
      resolve: (args, context, auction) => {
        const filter = visibleBids(auction.id, context);
        return bids.page({ filter, sort: newestFirst }, args, context);
      },
    }),
  },
  nodes: [
    node(AuctionDocument, { read: auction, key: ['auctionId'] }),
    node(BidDocument, { read: bid, key: ['bidId'] }),
    node(SaleDocument, { read: sale, key: ['saleId'] }),
    node(LotDocument, { read: lot, key: ['lotId'] }),
    node(SettlementDocument, { read: settlement, key: ['auctionId'] }),
  ],
  followed: [{ view: auctionsView, stream: auctionStream }],
};
