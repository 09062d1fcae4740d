import {
  PayoutReturned,
  PayoutSettled,
  PayoutUnfunded,
  TopUpConfirmed,
  TopUpReinstated,
  TopUpReversed,
} from '#domain/wallets/payment/messages.ts';
import { PlatformCredited, UnallocatedAssigned } from '#domain/wallets/platform/messages.ts';
import { UnclaimedDischarged } from '#domain/wallets/unclaimed/messages.ts';
import {
  ClaimEnded,
  DebtWrittenOff,
  FundsCaptured,
  FundsCredited,
  FundsReleased,
  FundsReserved,
  LossRecovered,
  MoneyLeftBehind,
  TransferSent,
} from '#domain/wallets/wallet/messages.ts';

// Events by whose money they move, for every view that sums postings.

/** Of a wallet, and of nothing that its person owes. */
export const inWallets = [
  TransferSent,
  MoneyLeftBehind,
  FundsReserved,
  ClaimEnded,
  FundsCaptured,
  FundsReleased,
  FundsCredited,
] as const;

/** Of an account of the house, of its mirror of what the provider holds, or of what it has given out itself: each of one alone. */
export const ofTheHouse = [
  TopUpConfirmed,
  TopUpReversed,
  TopUpReinstated,
  PayoutSettled,
  PayoutReturned,
  PayoutUnfunded,
  PlatformCredited,
  UnallocatedAssigned,
  DebtWrittenOff,
  LossRecovered,
  UnclaimedDischarged,
] as const;
