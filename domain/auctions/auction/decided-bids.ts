import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { BidId } from '../../kernel/ids.ts';

/** A bid that is decided again comes soon after, never ten thousand bids later. */
const GENERATION_BIDS = 10_000;

/** The bids an auction has lately decided, so that none of them is decided twice: one generation at least, two at most. */
export interface DecidedBids {
  readonly young: IdTable<true>;
  readonly old: IdTable<true>;
}

export const noBidsDecided: DecidedBids = { young: emptyTable, old: emptyTable };

export function withDecided({ young, old }: DecidedBids, bidId: BidId): DecidedBids {
  const grown = withValue(young, bidId, true);
  return grown.size < GENERATION_BIDS ? { young: grown, old } : { young: emptyTable, old: grown };
}

export const isDecided = ({ young, old }: DecidedBids, bidId: BidId): boolean =>
  valueIn(young, bidId) !== undefined || valueIn(old, bidId) !== undefined;
