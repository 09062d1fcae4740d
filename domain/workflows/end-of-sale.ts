import { sale } from '../auctions/sale/decider.ts';
import { CancelSale, CloseSale, saleStream } from '../auctions/sale/messages.ts';
import { auctionsIn, type Sale } from '../auctions/sale/state.ts';
import { workflow } from '../kernel/workflow.ts';
import type { Wallet } from '../wallets/wallet/state.ts';
import { hasBidIn, ownInspector, ownWallet } from './bidders.ts';

const reads = {
  inspector: ownInspector,
  sale: { decider: sale, stream: saleStream, toEnd: true },
} as const;
const readsNext = {
  wallet: ownWallet(({ sale }: { readonly sale: Sale }) =>
    sale.phase === 'none' ? undefined : sale.terms.currency,
  ),
};
const hasBid = (sale: Sale, wallet: Wallet): boolean =>
  sale.phase !== 'none' && auctionsIn(sale).some((auctionId) => hasBidIn(wallet, auctionId));

/** Whoever calls a sale off calls its auctions off, and so must neither know their maxima nor have bid in one. */
export const cancelSale = workflow({
  command: CancelSale,
  reads,
  readsNext,
  precondition: ({ inspector, sale, wallet }) => ({ inspector, hasBid: hasBid(sale, wallet) }),
  refuses: () => false,
  outcome: () => 'accepted',
});

/** Whoever closes a sale has a hand in its auctions. */
export const closeSale = workflow({
  command: CloseSale,
  reads: { sale: reads.sale },
  readsNext,
  precondition: ({ sale, wallet }) => ({ hasBid: hasBid(sale, wallet) }),
  refuses: () => false,
  outcome: () => 'accepted',
});
