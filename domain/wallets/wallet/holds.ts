import type { ClaimId, HoldId, MovementId } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instant.ts';
import { larger } from '../../kernel/money.ts';
import { walletLimits } from './limits.ts';
import type { HoldPurpose } from './messages.ts';

/**
 * A claim is decided once. `void` is one that was ended before it was made: it is refused when it comes, and `ended`
 * is one that has had its answer and is over.
 */
export interface Claim {
  readonly claimId: ClaimId;
  readonly amount: bigint;
  readonly state: 'open' | 'ended' | 'void';
}

/** Money held for one purpose. Its amount is the largest of its open claims; with none it rests and holds nothing. */
export interface Hold {
  readonly holdId: HoldId;
  readonly purpose?: HoldPurpose;
  readonly claims: readonly Claim[];
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
  (hold?.claims ?? []).reduce(
    (most, { amount, state }) => (state === 'open' ? larger(most, amount) : most),
    0n,
  );

const isOpen = (hold: Hold): boolean => hold.claims.some(({ state }) => state === 'open');
export const openHolds = (holds: Holds): number => holds.filter(isOpen).length;
export const holdNamed = (holds: Holds, holdId: HoldId): Hold | undefined =>
  holds.findLast((hold) => hold.holdId === holdId);
export const claimNamed = (hold: Hold | undefined, claimId: ClaimId): Claim | undefined =>
  hold?.claims.find((claim) => claim.claimId === claimId);

/** The holds with this one as it is now. Of those that hold nothing, the longest untouched is forgotten beyond the limit. */
export function withHold(holds: Holds, hold: Hold): Holds {
  const now = [...holds.filter(({ holdId }) => holdId !== hold.holdId), hold];
  if (now.length <= walletLimits.openHolds + walletLimits.endedHolds) return now;
  const forgotten = now.findIndex((it) => !isOpen(it));
  return now.filter((_, at) => at !== forgotten);
}

/**
 * The hold with this claim as it is now. A new claim beyond the limit is not remembered: no other could be made under
 * this hold either.
 */
export function withClaim(hold: Hold, claim: Claim): Hold {
  const { claimId } = claim;
  const known = hold.claims.some((it) => it.claimId === claimId);
  if (known) return { ...hold, claims: hold.claims.map((it) => (it.claimId === claimId ? claim : it)) };
  if (hold.claims.length >= walletLimits.claimsPerHold) return hold;
  return { ...hold, claims: [...hold.claims, claim] };
}

export const newHold = (holdId: HoldId): Hold => ({ holdId, claims: [], committed: false, over: false });

/** A hold that has been captured (by a movement) or released. Its claims stay known, so that none is answered twice. */
export const overHold = (hold: Hold, movement?: MovementId): Hold => ({
  ...hold,
  claims: hold.claims.map((claim) => (claim.state === 'open' ? { ...claim, state: 'ended' } : claim)),
  over: true,
  ...(movement !== undefined && { movement }),
});

/** Whether a hold may be released because its time has come. */
export const hasExpired = (hold: Hold, now: Instant): boolean =>
  !hold.committed && hold.expiresAt !== undefined && hold.expiresAt <= now;
