import type { Intent } from '#domain/kernel/intent.ts';
import { type Recorded, reaction } from '#domain/kernel/reaction.ts';
import { AssignUnallocated, UnallocatedAssigned } from '#domain/wallets/platform/messages.ts';
import {
  KeepUnclaimed,
  ReleaseUnclaimed,
  UnclaimedPaidOut,
  type UnclaimedReason,
} from '#domain/wallets/unclaimed/messages.ts';
import {
  type CreditReason,
  CreditRefused,
  CreditWallet,
  MoneyLeftBehind,
  WalletOpened,
} from '#domain/wallets/wallet/messages.ts';

/**
 * For what its owner is owed the money that a wallet refused. Undefined: it is not owed yet, because a transfer goes back to
 * its sender first.
 */
function owedFor(credit: CreditReason): UnclaimedReason | undefined {
  switch (credit) {
    case 'transfer':
      return undefined;
    case 'transfer_returned':
      return 'transfer';
    case 'unclaimed':
      return 'returned';
    default:
      return credit;
  }
}

function keep({ data }: Recorded<typeof CreditRefused>): readonly Intent[] {
  const { person, currency, amount, movement, credit, keptAs, paymentId } = data;
  const reason = owedFor(credit);
  if (reason === undefined) return [];
  const money = { person, currency, amount, movement };
  const part = paymentId === undefined ? {} : { paymentId };
  if (keptAs === 'unclaimed') return [{ command: KeepUnclaimed({ ...money, reason, ...part }) }];
  // Nothing else was ever kept as nobody’s.
  return reason === 'returned' || reason === 'payout_returned' || reason === 'reinstated'
    ? []
    : [{ command: AssignUnallocated({ ...money, reason }) }];
}

/**
 * Money that no wallet can take is owed to its owner, and paid out when they open a wallet. Histories of before kept it as
 * nobody's: this reaction meets those refusals too, whose money has been moved out of clearing or has not, and gives it to
 * its owner.
 */
export const unclaimedMoney = reaction({
  name: 'unclaimed-money',
  on: (when) => [
    when(CreditRefused, keep),
    when(UnallocatedAssigned, ({ data: { person, currency, amount, movement, reason } }) => [
      { command: KeepUnclaimed({ person, currency, amount, movement, reason }) },
    ]),
    when(UnclaimedPaidOut, ({ data: { person, currency, amount, movement } }) => [
      { command: CreditWallet({ person, currency, amount, movement, reason: 'unclaimed' }) },
    ]),
    when(MoneyLeftBehind, ({ data: { person, currency, amount, movement } }) => [
      { command: KeepUnclaimed({ person, currency, amount, movement, reason: 'left_behind' }) },
    ]),
    when(WalletOpened, ({ data: { person, currency } }) => [
      { command: ReleaseUnclaimed({ person, currency }) },
    ]),
  ],
  key: ({ data }) => `${data.person}:${data.currency}`,
});
