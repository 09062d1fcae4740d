import type { BidId } from '../../kernel/ids.ts';

/** Bids of one chunk. A new bid copies the open chunk alone, so that a long auction costs no more per bid than a short one. */
const CHUNK_BIDS = 100;
/** Chunks kept: a bid that is decided again comes soon after, never ten thousand bids later. */
const CHUNKS_KEPT = 100;

type Chunk = { readonly [bidId: BidId]: true };

/** The bids an auction has lately decided, so that none of them is decided twice. Plain data, because states are. */
export interface DecidedBids {
  readonly open: Chunk;
  readonly openBids: number;
  /** Oldest first. */
  readonly full: readonly Chunk[];
}

export const noBidsDecided: DecidedBids = { open: {}, openBids: 0, full: [] };

export function withDecided({ open, openBids, full }: DecidedBids, bidId: BidId): DecidedBids {
  const grown = { ...open, [bidId]: true as const };
  if (openBids + 1 < CHUNK_BIDS) return { open: grown, openBids: openBids + 1, full };
  return { open: {}, openBids: 0, full: [...full, grown].slice(-CHUNKS_KEPT) };
}

export const isDecided = ({ open, full }: DecidedBids, bidId: BidId): boolean =>
  Object.hasOwn(open, bidId) || full.some((chunk) => Object.hasOwn(chunk, bidId));
