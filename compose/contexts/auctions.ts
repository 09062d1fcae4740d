import { auction } from '#domain/auctions/auction/decider.ts';
import { consignor } from '#domain/auctions/consignor/decider.ts';
import { auctions as messages } from '#domain/auctions/context.ts';
import { inspector } from '#domain/auctions/inspector/decider.ts';
import { lot } from '#domain/auctions/lot/decider.ts';
import { participant } from '#domain/auctions/participant/decider.ts';
import { sale } from '#domain/auctions/sale/decider.ts';
import { forget } from '#domain/kernel/decider.ts';
import { cancelAuction } from '#domain/workflows/cancel-auction.ts';
import { dropHammer } from '#domain/workflows/drop-hammer.ts';
import { cancelSale, closeSale } from '#domain/workflows/end-of-sale.ts';
import { joinAuction } from '#domain/workflows/join-auction.ts';
import { placeBid } from '#domain/workflows/place-bid.ts';
import { scheduleAuction } from '#domain/workflows/schedule-auction.ts';
import { auctionsView } from '#projections/auctions/auctions.ts';
import { bidsView } from '#projections/auctions/bids.ts';
import { lotsView } from '#projections/auctions/lots.ts';
import { salesView } from '#projections/auctions/sales.ts';
import { settlementsView } from '#projections/auctions/settlements.ts';
import { auctionOperations } from '#read-api/auctions/operations.ts';
import { bidFunding } from '#sagas/auctions/bid-funding.ts';
import { lotCustody } from '#sagas/auctions/lot-custody.ts';
import { lotOpeningAndClosing } from '#sagas/auctions/lot-opening-and-closing.ts';
import { saleCancellation } from '#sagas/auctions/sale-cancellation.ts';
import { selling } from '#sagas/auctions/selling.ts';
import { settlement } from '#sagas/auctions/settlement.ts';
import type { Manifest } from './manifest.ts';

export const auctions: Manifest = {
  messages,
  deciders: [sale, lot, auction, participant, inspector, consignor].map(forget),
  workflows: [scheduleAuction, cancelAuction, closeSale, cancelSale, joinAuction, placeBid, dropHammer],
  views: [auctionsView, bidsView, salesView, lotsView, settlementsView],
  // Who sells is noted before anybody is told that their lot is scheduled.
  reactions: [bidFunding, selling, lotCustody, saleCancellation],
  sagas: [lotOpeningAndClosing, settlement],
  operations: auctionOperations,
};
