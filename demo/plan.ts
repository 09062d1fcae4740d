import type { Row } from './csv.ts';

// From rows to what people do, and when. Pure: amounts in cents, times in milliseconds since the opening.

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Bids between two moves of the clock, at most: enough of them to keep many auctions busy at once. */
const WINDOW_BIDS = 256;

export interface PlannedBid {
  /** Where it stands in the file, from 0; names the bid whenever it is sent. */
  readonly row: number;
  readonly bidder: string;
  readonly reputation: number;
  readonly maximum: bigint;
  readonly atMs: number;
}

/** An auction of eBay's, to be held again. */
export interface PlannedLot {
  /** eBay's number of the auction. */
  readonly number: string;
  readonly title: string;
  readonly openingBid: bigint;
  readonly reserve: bigint | undefined;
  /** What eBay charged. */
  readonly finalPrice: bigint;
  readonly durationMs: number;
  /** In order of time. */
  readonly bids: readonly PlannedBid[];
}

/** Bids that are placed while the clock stands at one moment; those of one lot keep their order. */
export interface Window {
  readonly atMs: number;
  readonly chains: readonly { readonly lot: PlannedLot; readonly bids: readonly PlannedBid[] }[];
}

/** What must be the same in every row of an auction. The opening bid is not: a seller may lower it before the first bid. */
const ending = ({ final_price, duration_days }: Row): string => `${final_price} ${duration_days}`;

function lotOf(number: string, rows: readonly (readonly [row: Row, place: number])[]): PlannedLot {
  const [[first] = []] = rows;
  if (first === undefined) throw new RangeError(`auction ${number} has no bids`);
  const items = new Set(rows.flatMap(([{ item }]) => item ?? []));
  if (items.size > 1 || rows.some(([row]) => ending(row) !== ending(first)))
    throw new Error(`the rows of auction ${number} disagree on its price, duration or item`);
  const durationMs = first.duration_days * DAY_MS;
  const bids = rows.map(
    ([row, place]): PlannedBid => ({
      row: place,
      bidder: row.bidder,
      reputation: row.bidder_rating,
      maximum: row.max_bid,
      // A bid of the very last moment still counts: it is placed before the end.
      atMs: Math.min(Math.floor(row.day * DAY_MS), durationMs - 1),
    }),
  );
  return {
    ...{
      number,
      title: [...items][0] ?? `Auction ${number}`,
      openingBid: first.opening_bid,
      reserve: undefined,
    },
    ...{ finalPrice: first.final_price, durationMs },
    // Sorting is stable, so that rows of the same day keep the order of the file.
    bids: bids.toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** The auctions of a file, in the order in which they first appear. */
export function lotsOf(rows: readonly Row[]): readonly PlannedLot[] {
  const places = rows.map((row, place) => [row, place] as const);
  const byAuction = Map.groupBy(places, ([row]) => row.auction_id);
  return [...byAuction].map(([number, ofAuction]) => lotOf(number, ofAuction));
}

/** Who won at eBay: the largest maximum, the earlier of equal ones. */
export function winnerOf({ bids }: PlannedLot): string {
  const top = bids.reduce((best, bid) => (bid.maximum > best.maximum ? bid : best));
  return top.bidder;
}

/** What a bidder has to have. */
export interface Purse {
  readonly bidder: string;
  readonly reputation: number;
  readonly amount: bigint;
}

/**
 * A purse for each bidder, so that no bid of theirs fails for want of funds: their largest maximum in each auction with
 * the premium on it, which is `feeOn` at most.
 */
export function pursesOf(lots: readonly PlannedLot[], feeOn: (price: bigint) => bigint): readonly Purse[] {
  const purses = new Map<string, Purse>();
  for (const { bids } of lots) {
    for (const [bidder, own] of Map.groupBy(bids, (bid) => bid.bidder)) {
      const largest = own.reduce((best, bid) => (bid.maximum > best.maximum ? bid : best));
      const { reputation, amount } = purses.get(bidder) ?? { reputation: largest.reputation, amount: 0n };
      purses.set(bidder, { bidder, reputation, amount: amount + largest.maximum + feeOn(largest.maximum) });
    }
  }
  return [...purses.values()];
}

/**
 * The timeline of all bids, cut into windows. A window never reaches over the end of an auction: every bid of an auction
 * is placed, and decided, while the clock stands before its end.
 */
export function windowsOf(lots: readonly PlannedLot[]): readonly Window[] {
  const timeline = lots
    .flatMap((lot) => lot.bids.map((bid) => ({ lot, bid })))
    .toSorted((a, b) => a.bid.atMs - b.bid.atMs || a.bid.row - b.bid.row);
  const ends = [...new Set(lots.map(({ durationMs }) => durationMs))].toSorted((a, b) => a - b);
  const endAfter = (atMs: number): number => ends.find((end) => end > atMs) ?? Number.POSITIVE_INFINITY;
  const windows: (typeof timeline)[] = [];
  let until = 0;
  for (const placed of timeline) {
    const open = windows.at(-1);
    if (open !== undefined && open.length < WINDOW_BIDS && placed.bid.atMs < until) {
      open.push(placed);
    } else {
      windows.push([placed]);
      until = endAfter(placed.bid.atMs);
    }
  }
  return windows.map((window) => ({
    atMs: window[0]?.bid.atMs ?? 0,
    chains: [...Map.groupBy(window, ({ lot }) => lot)].map(([lot, placed]) => ({
      lot,
      bids: placed.map(({ bid }) => bid),
    })),
  }));
}
