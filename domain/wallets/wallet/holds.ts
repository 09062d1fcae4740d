import { isOver } from '../../kernel/deadline.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { MovementId } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instant.ts';
import { larger } from '../../kernel/money.ts';
import type { ClaimId, HoldId } from '../ids.ts';
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

/** All that ever were: a command that comes however late must not bring one back, or make a claim of it a second time. */
export interface Holds {
  /** In the order of their last change; every open one is among them. */
  readonly recent: readonly Hold[];
  /** Those that were put aside. One that was changed since is among the recent as well, as it is now. */
  readonly past: IdTable<Hold>;
}
export const noHolds: Holds = { recent: [], past: emptyTable };

/** What a hold holds, in minor units. */
export const heldBy = (hold: Hold | undefined): bigint =>
  (hold?.open ?? []).reduce((most, { amount }) => larger(most, amount), 0n);

const isOpen = (hold: Hold): boolean => hold.open.length > 0;
export const openHolds = (holds: Holds): number => holds.recent.filter(isOpen).length;
export const holdNamed = (holds: Holds, holdId: HoldId): Hold | undefined =>
  holds.recent.findLast((hold) => hold.holdId === holdId) ?? valueIn(holds.past, holdId);
export const stateOfClaim = (hold: Hold | undefined, claimId: ClaimId): ClaimState | undefined => {
  if (hold === undefined) return undefined;
  return hold.open.some((claim) => claim.claimId === claimId) ? 'open' : valueIn(hold.answered, claimId);
};
/** Those that have ended included. */
export const claimsUnder = (hold: Hold): number => hold.open.length + hold.answered.size;

/** The holds with this one as it is now. Of those that hold nothing, the longest untouched is put aside beyond the limit. */
export function withHold({ recent, past }: Holds, hold: Hold): Holds {
  const now = [...recent.filter(({ holdId }) => holdId !== hold.holdId), hold];
  if (now.length <= walletLimits.openHolds + walletLimits.endedHolds) return { recent: now, past };
  const aside = now.find((it) => !isOpen(it));
  if (aside === undefined) return { recent: now, past };
  return { recent: now.filter((it) => it !== aside), past: withValue(past, aside.holdId, aside) };
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

/** When a hold may be released because its time has come; undefined: never. */
export const expiryOf = ({ committed, expiresAt }: Hold): Instant | undefined =>
  committed ? undefined : expiresAt;

/** Whether its time is over, whether or not anybody has released it. */
export function hasExpired(hold: Hold, now: Instant): boolean {
  const expiry = expiryOf(hold);
  return expiry !== undefined && isOver(expiry, now);
}
