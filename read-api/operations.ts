import { auctionOperations } from './auctions/operations.ts';
import { historyOperations } from './history/operations.ts';
import { operatingOperations } from './operating/operations.ts';
import type { Operations } from './operation.ts';
import { walletOperations } from './wallets/operations.ts';

/** Every query, subscription and field of the read side. A context joins it by being listed here. */
export const operations: readonly Operations[] = [
  auctionOperations,
  walletOperations,
  historyOperations,
  operatingOperations,
];
