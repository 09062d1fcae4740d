import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { ClaimId, HoldId, MovementId } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instant.ts';
import { larger } from '../../kernel/money.ts';
import { walletLimits } from './limits.ts';
import type { HoldPurpose } from './messages.ts';

/** What is known of a claim. A claim is decided once. */
export type ClaimState =
  | 'open'
  /** It has had its answer and is over. */
  | 'ended'
  /** It was ended before it was made: it is refused when it comes. */
  | 'void';

interface OpenClaim {
  readonly claimId: ClaimId;
  readonly amount: bigint;
}

/** Money held for one purpose. Its amount is the largest of its open claims; with none it rests and holds nothing. */
export interface Hold {
  readonly holdId: HoldId;
  readonly purpose?: HoldPurpose;
  /** A handful: a bid's claim ends when the next one of the same bidder, or of another, has taken its place. */
  readonly open: readonly OpenClaim[];
  readonly answered: IdTable<Exclude<ClaimState, 'open'>>;
  readonly expiresAt?: Instant;
  /** What it was made for has begun: it does not expire any more. */
  readonly committed: boolean;
  /** Captured or released: nothing can be claimed under it ever again. */
  readonly over: boolean;
  /** Where a captured hold's money went. */
  readonly movement?: MovementId;
}

/** In the order of their last change. */
export type Holds = readonly Hold[];

/** What a hold holds, in minor units. */
export const heldBy = (hold: Hold | undefined): bigint =>
  (hold?.open ?? []).reduce((most, { amount }) => larger(most, amount), 0n);

const isOpen = (hold: Hold): boolean => hold.open.length > 0;
export const openHolds = (holds: Holds): number => holds.filter(isOpen).length;
export const holdNamed = (holds: Holds, holdId: HoldId): Hold | undefined =>
  holds.findLast((hold) => hold.holdId === holdId);
export const stateOfClaim = (hold: Hold | undefined, claimId: ClaimId): ClaimState | undefined => {
  if (hold === undefined) return undefined;
  return hold.open.some((claim) => claim.claimId === claimId) ? 'open' : valueIn(hold.answered, claimId);
};
/** Those that have ended included. */
export const claimsUnder = (hold: Hold): number => hold.open.length + hold.answered.size;

/** The holds with this one as it is now. Of those that hold nothing, the longest untouched is forgotten beyond the limit. */
export function withHold(holds: Holds, hold: Hold): Holds {
  const now = [...holds.filter(({ holdId }) => holdId !== hold.holdId), hold];
  if (now.length <= walletLimits.openHolds + walletLimits.endedHolds) return now;
  const forgotten = now.findIndex((it) => !isOpen(it));
  return now.filter((_, at) => at !== forgotten);
}

const withoutClaim = (hold: Hold, claimId: ClaimId): readonly OpenClaim[] =>
  hold.open.filter((claim) => claim.claimId !== claimId);

export const withOpenClaim = (hold: Hold, claim: OpenClaim): Hold => ({
  ...hold,
  open: [...withoutClaim(hold, claim.claimId), claim],
});

/**
 * The hold when this claim is over. One that was not known, beyond the limit, is not remembered: no other could be made
 * under this hold either.
 */
export function withAnsweredClaim(hold: Hold, claimId: ClaimId, state: 'ended' | 'void'): Hold {
  const known = stateOfClaim(hold, claimId) !== undefined;
  if (!known && claimsUnder(hold) >= walletLimits.claimsPerHold) return hold;
  return { ...hold, open: withoutClaim(hold, claimId), answered: withValue(hold.answered, claimId, state) };
}

export const newHold = (holdId: HoldId): Hold => ({
  holdId,
  open: [],
  answered: emptyTable,
  committed: false,
  over: false,
});

/** A hold that has been captured (by a movement) or released. Its claims stay known, so that none is answered twice. */
export const overHold = (hold: Hold, movement?: MovementId): Hold => ({
  ...hold.open.reduce((so, { claimId }) => withAnsweredClaim(so, claimId, 'ended'), hold),
  over: true,
  ...(movement !== undefined && { movement }),
});

/** Whether a hold may be released because its time has come. */
export const hasExpired = (hold: Hold, now: Instant): boolean =>
  !hold.committed && hold.expiresAt !== undefined && hold.expiresAt <= now;
