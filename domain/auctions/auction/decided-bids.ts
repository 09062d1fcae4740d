import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { BidName } from './bid-name.ts';

/** Numbers as the runs in which they stand, in order, apart from each other. */
type Runs = readonly (readonly [first: number, last: number])[];

/**
 * Every bid that something was ever said of, so that nothing is said of it twice, however late it comes. The bids of one
 * person are decided in the order of their numbers, so that most often one run stands for all of them; a number that is
 * missing was refused by its wallet, or still comes.
 */
export interface DecidedBids {
  readonly numbered: IdTable<Runs>;
  /** The first bids, which had no numbers. There are no new ones. */
  readonly first: IdTable<true>;
}

export const noBidsDecided: DecidedBids = { numbered: emptyTable, first: emptyTable };

function withNumber(runs: Runs, nth: number): Runs {
  const before = runs.filter(([, last]) => last < nth - 1);
  const behind = runs.filter(([first]) => first > nth + 1);
  const touching = runs.slice(before.length, runs.length - behind.length);
  const first = Math.min(nth, touching[0]?.[0] ?? nth);
  const last = Math.max(nth, touching.at(-1)?.[1] ?? nth);
  return [...before, [first, last], ...behind];
}

export function withDecided({ numbered, first }: DecidedBids, { bidId, bidder, nth }: BidName): DecidedBids {
  if (nth === undefined) return { numbered, first: withValue(first, bidId, true) };
  return { numbered: withValue(numbered, bidder, withNumber(valueIn(numbered, bidder) ?? [], nth)), first };
}

export function isDecided({ numbered, first }: DecidedBids, { bidId, bidder, nth }: BidName): boolean {
  if (nth === undefined) return valueIn(first, bidId) !== undefined;
  return (valueIn(numbered, bidder) ?? []).some(([from, to]) => from <= nth && nth <= to);
}
