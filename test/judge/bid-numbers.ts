import { type Json, type Rules, text } from './raw.ts';

const SAID = ['BidAccepted', 'BidRefused', 'BidPassedOver'];

/**
 * The bids of one person in one auction that passed the door are numbered from 1, and whatever the auction says of one says
 * its number: by it the auction knows what it has decided. The first bids have none.
 */
export function bidNumbers(): Rules {
  const placed = new Map<string, number>();
  const numbers = new Map<string, unknown>();
  const nameOf = (data: Json): string => `${text(data.bidder)} ${text(data.bidId)}`;
  return {
    see({ type, data, stream }, complain) {
      if (type === 'BidPlaced') {
        const nth = (placed.get(stream) ?? 0) + 1;
        placed.set(stream, nth);
        numbers.set(nameOf(data), data.nth);
        if (data.nth !== undefined && data.nth !== nth) complain(`it is bid ${nth} of its bidder`);
      } else if (SAID.includes(type) && numbers.get(nameOf(data)) !== data.nth)
        complain(`as its bidder's ${data.nth} it was never placed`);
    },
    atRest: () => undefined,
  };
}
