import { type Complain, type RawEvent, type Rules, text } from './raw.ts';

interface Auction {
  readonly id: string;
  readonly lotId: string;
  readonly saleId: string;
  closedAt: bigint | undefined;
  calledOffAt: bigint | undefined;
  stands: boolean;
}

/** What only changes whose a lot is, or what the house notes of an auction in a sale. */
const noHand: ReadonlySet<string> = new Set([
  ...['LotReturned', 'OwnershipPassed', 'AuctionEntered', 'AuctionTurnedAway', 'AuctionCalledOff'],
]);

/**
 * A sale and what stands on it: whoever entered or changed a lot, its sale or its auction does not bid on it afterwards; an
 * auction that was called off before its end is not sold, and none stands whose sale is cancelled.
 */
export function sales(): Rules {
  const auctions = new Map<string, Auction>();
  const cancelled = new Set<string>();
  const hands = new Map<string, Set<string>>();

  function hand(stream: string, { metadata }: RawEvent): void {
    const known = hands.get(stream) ?? new Set();
    hands.set(stream, known.add(text(metadata.actor)));
  }

  function ofSale(event: RawEvent): void {
    const { type, stream, data, position } = event;
    if (!noHand.has(type)) hand(stream, event);
    if (type === 'SaleCancelled') cancelled.add(text(data.saleId));
    const auction = auctions.get(text(data.auctionId));
    if (auction === undefined || type !== 'AuctionCalledOff') return;
    if (auction.lotId === data.lotId && auction.saleId === data.saleId) auction.calledOffAt ??= position;
  }

  function ofAuction(event: RawEvent, complain: Complain): void {
    const { type, stream, data, position } = event;
    const id = stream.slice('auction-'.length);
    const auction = auctions.get(id);
    if (type === 'AuctionScheduled') {
      const [lotId, saleId] = [text(data.lotId), text(data.saleId)];
      auctions.set(id, {
        ...{ id, lotId, saleId, stands: true },
        closedAt: undefined,
        calledOffAt: undefined,
      });
    } else if (type === 'AuctionOpened') hand(stream, event);
    else if (auction === undefined) return;
    else if (type === 'LotClosing') auction.closedAt = position;
    else if (type === 'AuctionCancelled') auction.stands = false;
    else if (type === 'LotSold' || type === 'LotPassed') {
      auction.stands = false;
      const { calledOffAt, closedAt } = auction;
      if (calledOffAt !== undefined && closedAt !== undefined && calledOffAt < closedAt)
        complain('it was called off before its end');
    }
  }

  function ofBidder({ type, data }: RawEvent, complain: Complain): void {
    const auction = auctions.get(text(data.auctionId));
    if (type !== 'BidPlaced' || auction === undefined) return;
    const { id, lotId, saleId } = auction;
    for (const stream of [`lot-${lotId}`, `sale-${saleId}`, `auction-${id}`])
      if (hands.get(stream)?.has(text(data.bidder)) === true) complain('whoever bids had a hand in it');
  }

  return {
    see(event, complain) {
      if (event.stream.startsWith('sale-')) ofSale(event);
      else if (event.stream.startsWith('auction-')) ofAuction(event, complain);
      else if (event.stream.startsWith('participant-')) ofBidder(event, complain);
      else if (event.stream.startsWith('lot-') && !noHand.has(event.type)) hand(event.stream, event);
    },
    atRest(complain) {
      for (const { id, saleId, stands } of auctions.values())
        if (stands && cancelled.has(saleId)) complain(`${id} stands, and its sale ${saleId} is cancelled`);
    },
  };
}
