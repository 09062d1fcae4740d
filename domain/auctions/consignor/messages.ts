import { PersonId } from '../../kernel/ids.ts';
import { command, event } from '../../kernel/message.ts';
import { stream } from '../../kernel/stream.ts';
import { AuctionId, LotId } from '../ids.ts';

// Streams `consignor-<person>`: which sales of a person's lots are under way. Events are stored for ever.

const selling = { person: PersonId, lotId: LotId, auctionId: AuctionId } as const;

export const SellingBegun = event('SellingBegun', {
  version: 1,
  published: false,
  description:
    'A lot of the person is promised to an auction: they are to be there until they have been paid.',
  data: selling,
});
export const SellingEnded = event('SellingEnded', {
  version: 1,
  published: false,
  description:
    'Nothing comes of the auction to the person any more by itself: the lot came back, or its sale is settled, or its settlement waits for somebody to look.',
  data: selling,
});
export const events = [SellingBegun, SellingEnded] as const;

/** The streams of who has lots in auctions. */
export const consignorStream = stream('consignor', ({ person }: { person: PersonId }) => person);

export const BeginSelling = command('BeginSelling', {
  description: 'Notes by the person whose lot it is that it is promised to an auction. Once.',
  from: 'internal',
  data: selling,
  stream: consignorStream,
});
export const EndSelling = command('EndSelling', {
  description:
    'Notes by the person whose lot it is that the auction owes them nothing more. Once, also before it was noted that it begins.',
  from: 'internal',
  data: selling,
  stream: consignorStream,
});
export const commands = [BeginSelling, EndSelling] as const;
