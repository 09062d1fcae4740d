import type { PersonId } from '../../kernel/ids.ts';
import type { Instant } from '../../kernel/instant.ts';
import { type Currency, larger } from '../../kernel/money.ts';
import type { Debt } from '../debtor/messages.ts';
import type { ClaimId, HoldId } from '../ids.ts';
import { availableOf, heldOf, moved } from '../posting.ts';
import { whyKept } from './debts.ts';
import { claimsUnder, heldBy, holdNamed, openHolds, stateOfClaim } from './holds.ts';
import { walletLimits } from './limits.ts';
import {
  ClaimOver,
  FundsReserved,
  HoldOver,
  type HoldPurpose,
  InsufficientFunds,
  OtherPurpose,
  TooManyClaims,
  TooManyHolds,
  WalletNotOpen,
} from './messages.ts';
import type { Wallet } from './state.ts';

/** A claim someone wants to make: on whose wallet, under which hold, for how much. */
export interface WantedClaim {
  readonly person: PersonId;
  readonly currency: Currency;
  readonly holdId: HoldId;
  readonly claimId: ClaimId;
  readonly amount: bigint;
  readonly purpose: HoldPurpose;
  readonly expiresAt?: Instant | undefined;
}

/** What must move from available to held for this claim: only what the hold does not hold already. */
const missing = (wallet: Wallet, { holdId, amount }: WantedClaim): bigint =>
  larger(0n, amount - heldBy(holdNamed(wallet.holds, holdId)));

/** Why a new claim cannot be made; undefined when it can. */
export function whyNot(wallet: Wallet, wanted: WantedClaim, precondition: Debt | undefined) {
  const { person, currency, holdId, claimId, purpose } = wanted;
  const hold = holdNamed(wallet.holds, holdId);
  const needed = missing(wallet, wanted);
  if (wallet.phase !== 'open') return WalletNotOpen({ person, currency });
  const kept = whyKept(wallet, currency, precondition);
  if (kept !== undefined) return kept;
  if (hold?.over === true) return HoldOver({ holdId });
  if (stateOfClaim(hold, claimId) !== undefined) return ClaimOver({ holdId, claimId });
  if (hold?.purpose !== undefined && hold.purpose !== purpose) return OtherPurpose({ holdId });
  if (hold !== undefined && claimsUnder(hold) >= walletLimits.claimsPerHold)
    return TooManyClaims({ holdId, limit: walletLimits.claimsPerHold });
  if (heldBy(hold) === 0n && openHolds(wallet.holds) >= walletLimits.openHolds)
    return TooManyHolds({ limit: walletLimits.openHolds });
  if (needed > wallet.available) return InsufficientFunds({ available: wallet.available, needed, currency });
  return undefined;
}

/** Makes the claim, after {@link whyNot} had nothing against it. It expires only where the command says when. */
export function reserve(wallet: Wallet, wanted: WantedClaim) {
  const { person, currency, holdId, claimId, purpose, amount, expiresAt } = wanted;
  const more = missing(wallet, wanted);
  return FundsReserved({
    person,
    currency,
    holdId,
    claimId,
    purpose,
    amount,
    held: larger(amount, heldBy(holdNamed(wallet.holds, holdId))),
    ...(expiresAt !== undefined && { expiresAt }),
    postings: moved(availableOf(person, currency), heldOf(person, currency), more),
    balance: { available: wallet.available - more, held: wallet.held + more },
  });
}
