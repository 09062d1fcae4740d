import { type Complain, type RawEvent, type Rules, text } from './raw.ts';

interface Auction {
  readonly id: string;
  readonly lotId: string;
  readonly saleId: string;
  readonly seller: string;
  closedAt: bigint | undefined;
  stands: boolean;
  /** Whose bids were accepted in it. */
  readonly bidders: Set<string>;
}

/** What only changes whose a lot is, or what the house notes of an auction in a sale. */
const noHand: ReadonlySet<string> = new Set([
  ...['LotReturned', 'OwnershipPassed', 'AuctionEntered', 'AuctionTurnedAway', 'AuctionCalledOff'],
]);

/**
 * A sale and what stands on it: whoever entered or changed a lot, its sale or its auction does not bid on it afterwards, and the
 * other way round; nobody decides for the house about their own lot, or the terms that it is sold on; no hammer falls on a lot that closed behind the cancellation of its sale, and no auction stands whose sale is cancelled.
 */
export function sales(): Rules {
  const auctions = new Map<string, Auction>();
  /** Where each was cancelled. */
  const cancelled = new Map<string, bigint>();
  const hands = new Map<string, Set<string>>();

  function hand(stream: string, { metadata }: RawEvent): void {
    const known = hands.get(stream) ?? new Set();
    hands.set(stream, known.add(text(metadata.actor)));
  }

  function ofSale(event: RawEvent, complain: Complain): void {
    const { type, stream, data, position, metadata } = event;
    if (noHand.has(type)) return;
    hand(stream, event);
    const actor = text(metadata.actor);
    for (const { saleId, seller, bidders } of auctions.values()) {
      if (saleId !== data.saleId) continue;
      if (bidders.has(actor)) complain('whoever has bid in it takes a hand in it');
      if (seller === actor) complain('whoever has a lot in it decides about it');
    }
    if (type === 'SaleCancelled') cancelled.set(text(data.saleId), position);
  }

  function ofHammer(auction: Auction, complain: Complain): void {
    auction.stands = false;
    const cancelledAt = cancelled.get(auction.saleId);
    if (cancelledAt !== undefined && auction.closedAt !== undefined && cancelledAt < auction.closedAt)
      complain('its sale was cancelled before its end');
  }

  function ofCancellation(auction: Auction, actor: string, complain: Complain): void {
    auction.stands = false;
    if (auction.bidders.has(actor)) complain('whoever has bid in it takes a hand in it');
    if (auction.seller === actor) complain('a seller has called off the auction of their own lot');
  }

  function ofAuction(event: RawEvent, complain: Complain): void {
    const { type, stream, data, position } = event;
    const id = stream.slice('auction-'.length);
    const auction = auctions.get(id);
    if (type === 'AuctionScheduled') {
      const [lotId, saleId, seller] = [text(data.lotId), text(data.saleId), text(data.seller)];
      auctions.set(id, {
        ...{ id, lotId, saleId, seller, stands: true, bidders: new Set() },
        closedAt: undefined,
      });
    } else if (type === 'AuctionOpened') hand(stream, event);
    else if (auction === undefined) return;
    else if (type === 'LotClosing') auction.closedAt = position;
    else if (type === 'BidAccepted') auction.bidders.add(text(data.bidder));
    else if (type === 'AuctionCancelled') ofCancellation(auction, text(event.metadata.actor), complain);
    else if (type === 'LotSold' || type === 'LotPassed') ofHammer(auction, complain);
  }

  function ofLot(event: RawEvent, complain: Complain): void {
    const { type, stream, data, metadata } = event;
    if (noHand.has(type)) return;
    hand(stream, event);
    const actor = text(metadata.actor);
    if (
      type === 'LotOffered' &&
      data.seller === actor &&
      hands.get(`sale-${data.saleId}`)?.has(actor) === true
    )
      complain('an own lot comes into a sale that its seller has arranged');
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
      if (event.stream.startsWith('sale-')) ofSale(event, complain);
      else if (event.stream.startsWith('auction-')) ofAuction(event, complain);
      else if (event.stream.startsWith('participant-')) ofBidder(event, complain);
      else if (event.stream.startsWith('lot-')) ofLot(event, complain);
    },
    atRest(complain) {
      for (const { id, saleId, stands } of auctions.values())
        if (stands && cancelled.has(saleId)) complain(`${id} stands, and its sale ${saleId} is cancelled`);
    },
  };
}
