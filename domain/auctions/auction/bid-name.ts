import type { PersonId } from '../../kernel/ids.ts';
import type { BidId } from '../ids.ts';

/** How a bid is known to what has decided it. */
export interface BidName {
  readonly bidId: BidId;
  readonly bidder: PersonId;
  /** Which of its bidder's bids in this auction it is, counted from 1. Not known of the first bids. */
  readonly nth?: number | undefined;
}

/** The name alone, of whatever is said of a bid. */
export const nameOf = ({ bidId, bidder, nth }: BidName): BidName =>
  nth === undefined ? { bidId, bidder } : { bidId, bidder, nth };
