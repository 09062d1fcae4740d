import { feeBy } from './fees.ts';
import { type Contest, checkOffered, contestAfter, leastBid } from './prices.ts';
import { amount, type Complain, type Json, object, type RawEvent, type Rules, text } from './raw.ts';

interface Bid {
  readonly bidId: string;
  readonly bidder: string;
  readonly maximum: bigint;
  /** The maximum and the premium on it. */
  readonly hold: bigint;
  readonly position: bigint;
  funded: boolean;
  /** The auction has gone on without it. */
  passedOver: boolean;
  /** What was said of it; undefined: it waits. */
  outcome: 'accepted' | 'refused' | 'unfunded' | undefined;
}

interface Auction {
  readonly id: string;
  terms: Json;
  phase: 'scheduled' | 'open' | 'closing' | 'sold' | 'passed' | 'cancelled';
  leading: Bid | undefined;
  /** Undefined as long as nobody has bid. */
  contest: Contest | undefined;
  closedAt: bigint | undefined;
  sold: Json | undefined;
  ended: 'settled' | 'stopped' | undefined;
  readonly waiting: Set<Bid>;
}

const newAuction = (id: string, terms: Json): Auction => ({
  ...{ id, terms, phase: 'scheduled', leading: undefined, contest: undefined, sold: undefined },
  ...{ closedAt: undefined, ended: undefined, waiting: new Set() },
});

/** Zero without a reserve: every maximum meets it. */
const reserveOf = ({ terms }: Auction): bigint => amount(terms.reserve);
const smallestBidIn = ({ terms, contest }: Auction): bigint => leastBid(terms, contest);

/** Whether the leader has won at the price that was reached, and fees are what the auction froze. */
function checkSale({ leading, contest, terms }: Auction, data: Json, complain: Complain): void {
  const price = contest?.price ?? 0n;
  if (data.winner !== leading?.bidder || data.winningBidId !== leading?.bidId)
    complain('whoever leads has not won');
  if (amount(data.hammer) !== price) complain(`the price was ${price}`);
  if (amount(data.premium) !== feeBy(terms.premium, price)) complain('the premium is wrong');
  if (amount(data.commission) !== feeBy(terms.commission, price)) complain('the commission is wrong');
}

/**
 * A lot from its scheduling to its settlement: every bid is answered once, in the order in which they were placed but for
 * those that were passed over, which are refused for that; whoever
 * bids most leads, the earlier of two equals, at the price that the bids come to; what was placed before the end counts, and
 * nothing else.
 */
export function auctions(): Rules {
  const known = new Map<string, Auction>();
  const bids = new Map<string, Bid>();
  const joined = new Set<string>();
  const captured = new Map<string, bigint>();
  /** Lots that are promised to an auction, by lot. */
  const offered = new Map<string, string>();

  function place({ type, data, stream, position }: RawEvent, complain: Complain): void {
    const [bidId, bidder] = [text(data.bidId), text(data.bidder)];
    if (stream !== `participant-${data.auctionId}:${bidder}`) complain('the bid stands in another stream');
    if (bids.has(bidId)) complain(`${bidId} was placed before`);
    const bid: Bid = {
      ...{ bidId, bidder, position, maximum: amount(data.maximum), hold: amount(data.hold) },
      ...{ funded: false, passedOver: false, outcome: type === 'BidPlaced' ? undefined : 'refused' },
    };
    bids.set(bidId, bid);
    if (type !== 'BidPlaced') return;
    const auction = known.get(text(data.auctionId));
    if (auction === undefined) {
      complain('there is no such auction');
      return;
    }
    auction.waiting.add(bid);
    if (!joined.has(stream)) complain('whoever bids has not joined');
    if (bid.hold !== bid.maximum + feeBy(auction.terms.premium, bid.maximum))
      complain(`${bid.hold} is not the maximum and the premium on it`);
    const { seller, staff } = auction.terms;
    if (seller === bidder || (Array.isArray(staff) && staff.includes(bidder)))
      complain('a bid on an own lot');
  }

  function answer(bidId: string, outcome: NonNullable<Bid['outcome']>, complain: Complain): Bid | undefined {
    const bid = bids.get(bidId);
    if (bid === undefined) complain(`${bidId} was never placed`);
    else if (bid.outcome !== undefined) complain(`${bidId} was answered before: ${bid.outcome}`);
    if (bid !== undefined) bid.outcome = outcome;
    return bid;
  }

  function fund({ type, data }: RawEvent, complain: Complain): void {
    const claimId = text(data.claimId);
    if (type === 'FundsRefused') {
      const bid = answer(claimId, 'unfunded', complain);
      if (bid !== undefined) known.get(text(data.holdId))?.waiting.delete(bid);
      return;
    }
    const bid = bids.get(claimId);
    if (bid === undefined) {
      complain(`${claimId} was never placed`);
      return;
    }
    if (bid.hold !== amount(data.amount)) complain(`the bid needs ${bid.hold}`);
    if (bid.bidder !== data.person) complain('somebody else pays for the bid');
    bid.funded = true;
  }

  /** Bids are decided in the order in which they were placed; one that was passed over is told so whenever it comes. */
  function inTurn(auction: Auction, bid: Bid, code: unknown, complain: Complain): void {
    if (bid.passedOver !== (code === 'funded_too_late'))
      complain(bid.passedOver ? 'the bid was passed over' : 'the bid was never passed over');
    if (bid.passedOver) return;
    for (const { bidId, position, passedOver } of auction.waiting)
      if (!passedOver && position < bid.position) complain(`${bidId} was placed before it and still waits`);
  }

  function passOver(auction: Auction, { data }: RawEvent, complain: Complain): void {
    const bid = bids.get(text(data.bidId));
    // The no of its wallet may come at the very moment at which nobody waits for it any more: it loses nothing by both.
    const waits = bid !== undefined && (auction.waiting.has(bid) || bid.outcome === 'unfunded');
    if (!waits) complain('no such bid waits');
    if (bid?.bidder !== data.bidder) complain('not as it was placed');
    if (bid?.passedOver === true) complain('it was passed over before');
    if (bid !== undefined) bid.passedOver = true;
  }

  function counts(auction: Auction, { position }: Bid): boolean {
    if (auction.phase === 'open') return true;
    return auction.phase === 'closing' && position < (auction.closedAt ?? 0n);
  }

  function accept(auction: Auction, { data }: RawEvent, complain: Complain): void {
    const bid = answer(text(data.bidId), 'accepted', complain);
    if (bid === undefined) return;
    auction.waiting.delete(bid);
    inTurn(auction, bid, undefined, complain);
    if (!bid.funded) complain('nothing is held for the bid');
    if (!counts(auction, bid)) complain(`the auction is ${auction.phase} and takes no such bid`);
    if (bid.bidder !== data.bidder || bid.maximum !== amount(data.maximum)) complain('not as it was placed');
    const before = auction.leading;
    const raises = before?.bidder === bid.bidder;
    if (raises && bid.maximum <= before.maximum) complain('the leader did not raise the maximum');
    const least = smallestBidIn(auction);
    if (!raises && bid.maximum < least) complain(`the smallest bid was ${least}`);
    const contest = contestAfter(auction.terms, auction.contest, { maximum: bid.maximum, raises });
    if (data.offered !== undefined) showsOffer(auction, bid, contest, amount(data.offered), complain);
    // Whoever names the largest maximum leads, the earlier of two equals.
    if (before === undefined || bid.maximum > before.maximum) auction.leading = bid;
    auction.contest = contest;
    checkStanding(auction, data, before, complain);
  }

  function showsOffer(
    { terms, contest }: Auction,
    bid: Bid,
    after: Contest,
    offered: bigint,
    complain: Complain,
  ): void {
    if (offered > bid.maximum) complain('more is shown of the bid than it offered');
    if (contest !== undefined) checkOffered(terms, contest, after, offered, complain);
  }

  function checkStanding(auction: Auction, data: Json, before: Bid | undefined, complain: Complain): void {
    const { leading, contest } = auction;
    if (data.leader !== leading?.bidder) complain(`${leading?.bidder} leads, not ${data.leader}`);
    if (amount(data.price) !== contest?.price) complain(`the price is ${contest?.price}`);
    const least = smallestBidIn(auction);
    if (amount(data.smallestBid) !== least) complain(`the smallest bid is ${least}`);
    const displaced = leading === before ? undefined : before?.bidId;
    if (object(data.displaced).bidId !== displaced) complain(`${displaced} is displaced, and nothing else`);
    // Where there is none, nothing is said of it; the first bids said that it was met.
    const met = data.reserveMet ?? true;
    const isSaid = data.reserveMet !== undefined || auction.terms.reserve === undefined;
    if (!isSaid || met !== (leading?.maximum ?? 0n) >= reserveOf(auction))
      complain('it is wrong about the reserve');
  }

  function refuse(auction: Auction, { data }: RawEvent, complain: Complain): void {
    const bid = answer(text(data.bidId), 'refused', complain);
    if (bid === undefined) return;
    auction.waiting.delete(bid);
    const { code } = object(data.reason);
    inTurn(auction, bid, code, complain);
    const inTime = counts(auction, bid);
    if (code === 'auction_closed' && inTime) complain('the bid came before the end');
    const leads = auction.leading?.bidder === bid.bidder;
    if (code === 'bid_too_low' && (leads || bid.maximum >= smallestBidIn(auction)))
      complain('the bid was enough');
    if (code === 'maximum_not_raised' && !(leads && bid.maximum <= (auction.leading?.maximum ?? 0n)))
      complain('the maximum was raised');
  }

  function hammer(auction: Auction, { type, data }: RawEvent, complain: Complain): void {
    const due = data.cause === 'never_opened' ? 'scheduled' : 'closing';
    if (auction.phase !== due) complain(`the hammer falls while the auction is ${auction.phase}`);
    for (const { bidId, position } of auction.waiting)
      if (position < (auction.closedAt ?? 0n)) complain(`${bidId} was placed before the end and still waits`);
    const { leading } = auction;
    const buys = leading !== undefined && leading.maximum >= reserveOf(auction);
    if (buys !== (type === 'LotSold')) complain(buys ? 'somebody would have bought it' : 'nobody bought it');
    auction.phase = type === 'LotSold' ? 'sold' : 'passed';
    if (type !== 'LotSold') return;
    checkSale(auction, data, complain);
    auction.sold = data;
  }

  function settle(auction: Auction, { type, data }: RawEvent, complain: Complain): void {
    if (auction.ended !== undefined || auction.sold === undefined) complain('nothing was to be settled');
    auction.ended = type === 'LotSettled' ? 'settled' : 'stopped';
    if (type !== 'LotSettled' || auction.sold === undefined) return;
    const { hammer: price, premium, commission, settlement } = auction.sold;
    const paid = amount(price) + amount(premium);
    if (amount(data.paid) !== paid) complain(`the buyer owed ${paid}`);
    if (captured.get(text(settlement)) !== paid) complain('the buyer has not paid that');
    if (amount(data.proceeds) !== amount(price) - amount(commission))
      complain('the seller is due another sum');
    if (amount(data.fees) !== amount(premium) + amount(commission)) complain('the house is due another sum');
  }

  function move(auction: Auction, event: RawEvent, complain: Complain): void {
    const { type, data, position } = event;
    const from = (...phases: readonly Auction['phase'][]): void => {
      if (!phases.includes(auction.phase)) complain(`the auction is ${auction.phase}`);
    };
    if (type === 'AuctionScheduled') complain('it was scheduled before');
    else if (type === 'AuctionOpened') {
      from('scheduled');
      auction.phase = 'open';
      auction.terms = data;
    } else if (type === 'LotClosing') {
      from('open');
      auction.phase = 'closing';
      auction.closedAt = position;
    } else if (type === 'AuctionCancelled') {
      from('scheduled', 'open', 'closing');
      auction.phase = 'cancelled';
    } else if (type === 'BidAccepted') accept(auction, event, complain);
    else if (type === 'BidRefused') refuse(auction, event, complain);
    else if (type === 'BidPassedOver') passOver(auction, event, complain);
    else if (type === 'LotSold' || type === 'LotPassed') hammer(auction, event, complain);
    else if (type === 'LotSettled' || type === 'SettlementStopped') settle(auction, event, complain);
  }

  /** An auction of that id may be about another lot, and has refused this one. */
  function phaseOf(lotId: string, auctionId: string): Auction['phase'] | undefined {
    const auction = known.get(auctionId);
    return auction?.terms.lotId === lotId ? auction.phase : undefined;
  }

  function custody({ type, data }: RawEvent, complain: Complain): void {
    const lotId = text(data.lotId);
    const auctionId = text(data.auctionId);
    if (type === 'LotOffered') {
      if (offered.has(lotId)) complain('the lot is promised to another auction');
      offered.set(lotId, auctionId);
    } else if (type === 'LotReturned' || type === 'OwnershipPassed') {
      if (offered.get(lotId) !== auctionId) complain('the lot was not promised to that auction');
      offered.delete(lotId);
      const sold = phaseOf(lotId, auctionId) === 'sold';
      if (sold !== (type === 'OwnershipPassed')) complain('it is with the wrong owner');
    }
  }

  function ofAuction(event: RawEvent, complain: Complain): void {
    const { type, stream, data } = event;
    const id = stream.slice('auction-'.length);
    const auction = known.get(id);
    if (auction !== undefined) move(auction, event, complain);
    else if (type === 'AuctionScheduled') known.set(id, newAuction(id, data));
    else if (type !== 'AuctionRefused' && type !== 'AuctionBarred') complain('there is no such auction');
  }

  function ofWallet(event: RawEvent, complain: Complain): void {
    const { type, data } = event;
    if (data.purpose === 'bid' && (type === 'FundsReserved' || type === 'FundsRefused'))
      fund(event, complain);
    if (type === 'FundsCaptured') captured.set(text(data.movement), amount(data.amount));
  }

  function ofParticipant(event: RawEvent, complain: Complain): void {
    if (event.type === 'ParticipantJoined') joined.add(event.stream);
    else place(event, complain);
  }

  const byCategory: Readonly<Record<string, (event: RawEvent, complain: Complain) => void>> = {
    auction: ofAuction,
    participant: ofParticipant,
    wallet: ofWallet,
    lot: custody,
  };

  return {
    see: (event, complain) => byCategory[event.stream.slice(0, event.stream.indexOf('-'))]?.(event, complain),
    atRest(complain) {
      for (const { id, phase, ended, waiting } of known.values()) {
        for (const { bidId } of waiting) complain(`${bidId} in ${id} was never answered`);
        if (phase === 'closing') complain(`the hammer never fell in ${id}`);
        if (phase === 'sold' && ended === undefined) complain(`${id} was never settled`);
      }
      for (const [lotId, auctionId] of offered) {
        const phase = phaseOf(lotId, auctionId);
        if (phase === undefined || phase === 'sold' || phase === 'passed' || phase === 'cancelled')
          complain(`${lotId} never came back from ${auctionId}`);
      }
    },
  };
}
