import {
  AuctionCancelled,
  AuctionRefused,
  LotPassed,
  LotSold,
  RegisterAuction,
} from '#domain/auctions/auction/messages.ts';
import { LotOffered, PassOwnership, ReturnLot } from '#domain/auctions/lot/messages.ts';
import { type Intent, reaction } from '#domain/kernel/reaction.ts';

const back = ({
  data: { lotId, auctionId },
}: {
  readonly data: { readonly lotId: string; readonly auctionId: string };
}): readonly Intent[] => [{ command: ReturnLot({ lotId, auctionId }) }];

/**
 * Who has a lot: promised to an auction, it is registered there; sold, it goes to its buyer; in every other case it comes
 * back to its own stream and can be offered again.
 */
export const lotCustody = reaction({
  name: 'lot-custody',
  events: [LotOffered, AuctionRefused, LotSold, LotPassed, AuctionCancelled],
  key: ({ data }) => data.lotId,
  on: {
    LotOffered: ({ data }) => [{ command: RegisterAuction(data) }],
    AuctionRefused: back,
    LotPassed: back,
    AuctionCancelled: back,
    LotSold: ({ data: { lotId, auctionId, winner } }) => [
      { command: PassOwnership({ lotId, auctionId, owner: winner }) },
    ],
  },
});
