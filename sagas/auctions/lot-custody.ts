import {
  AuctionCancelled,
  AuctionRefused,
  LotPassed,
  LotSold,
  RegisterAuction,
} from '#domain/auctions/auction/messages.ts';
import { LotOffered, PassOwnership, ReturnLot } from '#domain/auctions/lot/messages.ts';
import { AuctionEntered, AuctionTurnedAway, EnterSale } from '#domain/auctions/sale/messages.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import { onTrail, reaction } from '#domain/kernel/reaction.ts';

const back = ({
  data: { lotId, auctionId },
}: {
  readonly data: { readonly lotId: string; readonly auctionId: string };
}): readonly Intent[] => [{ command: ReturnLot({ lotId, auctionId }) }];

/** The version of `LotOffered` from which on the sale is told whose the lot is. */
const WITH_SELLER = 3;

/**
 * Who has a lot: promised to an auction, it is taken into the sale and then registered there; sold, it goes to its buyer; in
 * every other case it comes back to its own stream and can be offered again.
 */
export const lotCustody = reaction({
  name: 'lot-custody',
  on: (when) => [
    when(LotOffered, ({ metadata: { version }, data: { saleId, auctionId, lotId, seller } }) => {
      const place = { saleId, auctionId, lotId };
      // Of an earlier one the command stays as it was when it was first sent, which the sale may remember.
      return [{ command: EnterSale(version < WITH_SELLER ? place : { ...place, seller }) }];
    }),
    when(AuctionRefused, LotPassed, AuctionCancelled, back),
    when(LotSold, ({ data: { lotId, auctionId, winner } }) => [
      { command: PassOwnership({ lotId, auctionId, owner: winner }) },
    ]),
  ],
  inside: (when) => [
    when(AuctionEntered, (_, trail) => {
      const offered = onTrail(trail, LotOffered);
      return offered === undefined ? [] : [{ command: RegisterAuction(offered.data) }];
    }),
    when(AuctionTurnedAway, back),
  ],
  key: ({ data }) => data.lotId,
});
