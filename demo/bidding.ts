import type { Api, Session } from './api.ts';
import { eachOf } from './at-once.ts';
import { laterBy, type PlatformClock } from './clock.ts';
import type { Feeds } from './feeds.ts';
import { auctionIdOf, CURRENCY, type Sale } from './house.ts';
import { type PlannedBid, type PlannedLot, windowsOf } from './plan.ts';
import { stage } from './progress.ts';

const AT_ONCE = 32;
/** What a bid may be answered on eBay too; any other no means that something is wrong. */
const USUAL_REJECTIONS: readonly string[] = ['bid_too_low', 'maximum_not_raised'];

/** A bid that was accepted as the n-th of its auction. */
interface AcceptedBid {
  readonly auctionId: string;
  readonly nth: number;
  /** When it was sent, on the monotonic clock in milliseconds. */
  readonly sentMs: number;
}

export interface Bids {
  readonly accepted: readonly AcceptedBid[];
  /** How many were turned away. */
  readonly rejected: number;
  readonly seconds: number;
}

interface Bidding {
  readonly api: Api;
  readonly clock: PlatformClock;
  readonly sessionOf: (bidder: string, reputation: number) => Promise<Session>;
}

/** Everybody joins the auctions they will bid in. */
export async function join({ api, sessionOf }: Bidding, sale: Sale): Promise<void> {
  const joining = sale.lots.flatMap((lot) =>
    [...new Map(lot.bids.map((bid) => [bid.bidder, bid])).values()].map((bid) => ({ lot, bid })),
  );
  const joins = stage('bidders join auctions', joining.length);
  await eachOf(joining, AT_ONCE, async ({ lot, bid }) => {
    const auctionId = auctionIdOf(sale, lot);
    const session = await sessionOf(bid.bidder, bid.reputation);
    await api.accepted(session, 'auctions/join-auction', { auctionId }, auctionId);
    joins.tick();
  });
  joins.end();
}

/**
 * Places every bid: in an auction one after the other in order of time, in different ones at the same time while the clock
 * stands still.
 */
export async function placeBids({ api, clock, sessionOf }: Bidding, sale: Sale): Promise<Bids> {
  const accepted: AcceptedBid[] = [];
  const acceptedIn = new Map<string, number>();
  let rejected = 0;
  const startedMs = performance.now();
  const bidding = stage(
    'bids placed',
    sale.lots.reduce((sum, { bids }) => sum + bids.length, 0),
  );

  async function place(lot: PlannedLot, bid: PlannedBid): Promise<void> {
    const auctionId = auctionIdOf(sale, lot);
    const session = await sessionOf(bid.bidder, bid.reputation);
    const maximum = { amount: String(bid.maximum), currency: CURRENCY };
    const sentMs = performance.now();
    // The same row is bid in two auctions: each bid has a name of its own.
    const purpose = `${auctionId} row ${bid.row}`;
    const answer = await api.command(session, 'auctions/place-bid', { auctionId, maximum }, purpose);
    bidding.tick();
    if (answer.outcome === 'accepted') {
      const nth = (acceptedIn.get(auctionId) ?? 0) + 1;
      acceptedIn.set(auctionId, nth);
      accepted.push({ auctionId, nth, sentMs });
    } else if (USUAL_REJECTIONS.includes(answer.code)) {
      rejected += 1;
    } else {
      throw new Error(`row ${bid.row} in ${auctionId}: ${answer.why}`);
    }
  }

  for (const { atMs, chains } of windowsOf(sale.lots)) {
    await clock.moveTo(laterBy(sale.opensAt, atMs));
    // The window is over when its longest chain is.
    const longestFirst = chains.toSorted((a, b) => b.bids.length - a.bids.length);
    await eachOf(longestFirst, AT_ONCE, async ({ lot, bids }) => {
      for (const bid of bids) await place(lot, bid);
    });
  }
  bidding.end();
  return { accepted, rejected, seconds: (performance.now() - startedMs) / 1_000 };
}

/**
 * From sending each accepted bid to the arrival of the feed item that holds its effect, in milliseconds. A bid that a run
 * before this one had placed was in the feed before it was sent again: that is no measurement.
 */
export function latenciesOf({ accepted }: Bids, feeds: Feeds): readonly number[] {
  return accepted.flatMap(({ auctionId, nth, sentMs }) => {
    const arrivedMs = feeds.of.get(auctionId)?.arrivals[nth];
    return arrivedMs === undefined || arrivedMs < sentMs ? [] : [arrivedMs - sentMs];
  });
}
