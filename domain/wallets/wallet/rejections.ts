import { z } from 'zod';
import { MovementId, PersonId } from '../../kernel/ids.ts';
import { rejection } from '../../kernel/message.ts';
import { Currency, MinorUnits, PositiveMinorUnits, PositiveSum, Sum } from '../../kernel/money.ts';
import { ClaimId, HoldId } from '../ids.ts';

export const WalletNotOpen = rejection('wallet_not_open', {
  message: 'There is no open wallet of this person in this currency. Open one first.',
  details: { person: PersonId, currency: Currency },
});
export const WalletNotEmpty = rejection('wallet_not_empty', {
  message: 'Only an empty wallet can be closed. Withdraw what is available and wait until nothing is held.',
  details: { available: Sum, held: Sum },
});
export const PaymentUnderWay = rejection('payment_under_way', {
  message: 'A payment into this wallet is under way. Wait until it is credited, declined or expired.',
  details: { payments: z.int().min(1) },
});
export const TooManyPayments = rejection('too_many_payments', {
  message: 'Too many payments into this wallet are under way. Wait until some have ended.',
  details: { limit: z.int().min(1) },
});
export const DebtOutstanding = rejection('debt_outstanding', {
  message:
    'Nothing leaves your wallets while you owe money. Pay in at least what is owed in its currency; that is taken first.',
  details: { owed: PositiveSum, currency: Currency },
});
export const NothingOwed = rejection('nothing_owed', {
  message: 'This person owes nothing in this currency.',
  details: { currency: Currency },
});
export const OwnerGone = rejection('owner_gone', {
  message: 'Your account is closed: nobody could use a wallet of yours any more.',
});
export const InsufficientFunds = rejection('insufficient_funds', {
  message:
    'The wallet has not enough available. Top up the difference or ask for less, with a new command id.',
  details: { available: Sum, needed: PositiveMinorUnits, currency: Currency },
});
export const BalanceLimit = rejection('balance_limit', {
  message:
    'The wallet would hold more than a wallet may, with the payments into it that are under way. Move something out of it first.',
  details: { balance: Sum, limit: MinorUnits, currency: Currency },
});
export const OwnWallet = rejection('own_wallet', {
  message: 'A transfer needs another person to receive it.',
});
export const TooManyHolds = rejection('too_many_holds', {
  message: 'Too many holds are open in this wallet. Wait until some have ended.',
  details: { limit: z.int().min(1) },
});
export const TooManyClaims = rejection('too_many_claims', {
  message: 'This hold has had as many claims as it may.',
  details: { holdId: HoldId, limit: z.int().min(1) },
});
export const HoldOver = rejection('hold_over', {
  message:
    'This hold has been captured or released, or its time is over. Nothing can be reserved or captured under it any more.',
  details: { holdId: HoldId },
});
export const HoldUnknown = rejection('hold_unknown', {
  message: 'Nothing is held under this id.',
  details: { holdId: HoldId },
});
export const OtherPurpose = rejection('other_purpose', {
  message: 'This hold was made for another purpose.',
  details: { holdId: HoldId },
});
export const ClaimOver = rejection('claim_over', {
  message: 'This claim has been refused or has ended, and a claim is made only once.',
  details: { holdId: HoldId, claimId: ClaimId },
});
export const CaptureExceedsHold = rejection('capture_exceeds_hold', {
  message: 'No more can be captured than is held.',
  details: { held: MinorUnits, needed: PositiveMinorUnits, currency: Currency },
});
export const HoldNotExpired = rejection('hold_not_expired', {
  message: 'This hold has no expiry, or is committed to what it was made for.',
  details: { holdId: HoldId },
});
export const CreditOver = rejection('credit_over', {
  message: 'This credit has been refused before, and its money has gone another way.',
  details: { movement: MovementId },
});
