import { AuctionScheduled } from '#domain/auctions/auction/messages.ts';
import { AUCTIONS_PER_APPEND, CallOffRest, CountIn, SaleCancelled } from '#domain/auctions/sale/messages.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** As an auction was scheduled before sales kept account of theirs. */
const UNCOUNTED = 1;

/** The first auctions are called off with the sale itself; each further command calls off as many. */
function rest({ saleId, auctions = 0 }: { readonly saleId: string; readonly auctions?: number | undefined }) {
  const appends = Math.ceil(auctions / AUCTIONS_PER_APPEND);
  return Array.from(
    { length: Math.max(0, appends - 1) },
    (_, at): Intent => ({ command: CallOffRest({ saleId }), purpose: `${at + 2}` }),
  );
}

/**
 * A sale that does not take place calls each of its auctions off; what becomes of these, `bidFunding` sees to, in the lane in
 * which it lets their hammers fall. Auctions from before sales kept account are counted in, or called off at once.
 */
export const saleCancellation = reaction({
  name: 'sale-cancellation',
  on: (when) => [
    when(SaleCancelled, ({ data }) => rest(data)),
    when(AuctionScheduled, ({ metadata, data: { saleId, auctionId, lotId } }) =>
      metadata.version > UNCOUNTED ? [] : [{ command: CountIn({ saleId, auctionId, lotId }) }],
    ),
  ],
  key: ({ data }) => data.saleId,
});
