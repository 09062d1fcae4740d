import type { View } from '../view.ts';
import { auctionsView } from './auctions.ts';
import { bidsView } from './bids.ts';
import { lotsView } from './lots.ts';
import { salesView } from './sales.ts';
import { settlementsView } from './settlements.ts';

export const auctionViews: readonly View[] = [auctionsView, bidsView, salesView, lotsView, settlementsView];
