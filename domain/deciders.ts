import { auctionDeciders } from './auctions/deciders.ts';
import type { AnyDecider } from './kernel/decider.ts';
import type { Process } from './kernel/process.ts';
import { cancelAuction } from './processes/cancel-auction.ts';
import { dropHammer } from './processes/drop-hammer.ts';
import { cancelSale, closeSale } from './processes/end-of-sale.ts';
import { joinAuction } from './processes/join-auction.ts';
import { placeBid } from './processes/place-bid.ts';
import { scheduleAuction } from './processes/schedule-auction.ts';
import { whileInDebt } from './processes/while-in-debt.ts';
import { deciders as walletDeciders } from './wallets/deciders.ts';

/** Every stream's decider. Only the write side may see them. */
export const deciders: readonly AnyDecider[] = [...auctionDeciders, ...walletDeciders];
/** The commands that span streams: screened on one, decided on another. */
export const processes: readonly Process[] = [
  scheduleAuction,
  cancelAuction,
  closeSale,
  cancelSale,
  joinAuction,
  placeBid,
  dropHammer,
  ...whileInDebt,
];
