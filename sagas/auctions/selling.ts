import { BeginSelling, EndSelling } from '#domain/auctions/consignor/messages.ts';
import { LotOffered, LotReturned } from '#domain/auctions/lot/messages.ts';
import { reaction } from '#domain/kernel/reaction.ts';

/** The version of `LotOffered` from which on the lot that comes back says whose it is. */
const WITH_RETURN = 4;

/**
 * Who sells what, by person. Whoever is told that their lot is scheduled is noted already: what leads to that answer asks this reaction
 * before `lotCustody`. A lot that comes back ends it; one that is sold ends it with its
 * settlement, which knows the seller. Of lots that were offered before nobody could say when it is over: those keep nobody.
 */
export const selling = reaction({
  name: 'selling',
  on: (when) => [
    when(LotOffered, ({ metadata: { version }, data: { seller: person, lotId, auctionId } }) =>
      version < WITH_RETURN ? [] : [{ command: BeginSelling({ person, lotId, auctionId }) }],
    ),
    when(LotReturned, ({ data: { consignor: person, lotId, auctionId } }) =>
      person === undefined ? [] : [{ command: EndSelling({ person, lotId, auctionId }) }],
    ),
  ],
  key: ({ data }) => data.lotId,
});
