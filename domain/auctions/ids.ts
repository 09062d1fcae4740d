import type { z } from 'zod';
import { idOfKind } from '../kernel/ids.ts';

export const SaleId = idOfKind('SaleId', 'A sale: lots offered together on one set of terms.');
export type SaleId = z.output<typeof SaleId>;
export const LotId = idOfKind('LotId', 'A lot: what is put up for sale as one.');
export type LotId = z.output<typeof LotId>;
export const AuctionId = idOfKind('AuctionId', 'The auction of one lot.');
export type AuctionId = z.output<typeof AuctionId>;
export const BidId = idOfKind('BidId', 'One bid of one person in one auction.');
export type BidId = z.output<typeof BidId>;
