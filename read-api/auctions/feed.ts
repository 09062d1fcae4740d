import { z } from 'zod';
import { AuctionId } from '#domain/auctions/ids.ts';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import { Token } from '#domain/kernel/token.ts';
import { auctionsView } from '#projections/auctions/auctions.ts';
import { AuctionDocument } from '#projections/auctions/documents.ts';
import { cursorPosition, outgoing } from '../feeds/feed.ts';
import { mapped } from '../feeds/mapped.ts';
import { subscription } from '../operation.ts';

const AuctionItem = z
  .object({
    after: Token,
    position: Token.meta({ description: 'Subscribe again with it as `after`.' }),
    auction: AuctionDocument,
  })
  .meta({
    id: 'AuctionItem',
    description:
      'The auction as it was at the end of the interval (after, position] of the history. Each begins where the one before it ended; a slow reader gets several joined into one.',
  });

export const auctionFeed = subscription({
  description:
    'The auction as it is, then every state it comes to. Given `after`, only what came behind it: nothing until something has.',
  who: 'anyone',
  args: { auctionId: AuctionId, after: Token.optional() },
  returns: AuctionItem,
  async subscribe({ auctionId, after }, { services, viewer, at }) {
    const from = await cursorPosition(services, after);
    const source = await services.live(auctionsView).follow(auctionId, { after: from, atLeast: at.position });
    const items = mapped(source, ({ document }) => ({ auction: document as AuctionDocument }));
    return outgoing(services, viewer, from ?? BEGINNING, items);
  },
});
