import { CancelAuction } from '../auctions/auction/messages.ts';
import type { AuctionState } from '../auctions/auction/state.ts';
import { workflow } from '../kernel/workflow.ts';
import { surroundings } from './auction-surroundings.ts';
import { hasBidIn, ownInspector, ownWallet } from './bidders.ts';

/** Whoever calls an auction off must not know its maxima nor have bid in it, which its own stream cannot tell of a person. */
export const cancelAuction = workflow({
  command: CancelAuction,
  reads: {
    inspector: ownInspector,
    auction: surroundings.auction,
  },
  readsNext: {
    wallet: ownWallet(({ auction }: { readonly auction: AuctionState }) =>
      auction.phase === 'none' ? undefined : auction.terms.currency,
    ),
  },
  precondition: ({ inspector, wallet }, { auctionId }) => ({
    inspector,
    hasBid: hasBidIn(wallet, auctionId),
  }),
  refuses: () => false,
  outcome: () => 'accepted',
});
