import type { Decision } from '../../kernel/decider.ts';
import { valueIn } from '../../kernel/id-table.ts';
import { type CommandData, type EventOf, recordedReason } from '../../kernel/message.ts';
import { availableOf, clearingOf, moved } from '../posting.ts';
import { paidByCredit, recovered } from './debts.ts';
import { walletLimits } from './limits.ts';
import {
  BalanceLimit,
  CreditOver,
  CreditRefused,
  CreditWallet,
  type events,
  FundsCredited,
  WalletNotOpen,
} from './messages.ts';
import { balanceOf, creditKey, type Wallet } from './state.ts';

type Event = EventOf<(typeof events)[number]>;

/** What is on its way in by payments has its place in the wallet; the one with this id takes its own. */
const pending = ({ topUps }: Wallet, except?: string): bigint =>
  topUps.reduce((sum, { paymentId, amount }) => (paymentId === except ? sum : sum + amount), 0n);

export const tooMuch = (wallet: Wallet, currency: string, amount: bigint, paymentId?: string) => {
  const balance = wallet.available + wallet.held + pending(wallet, paymentId);
  const { balance: limit } = walletLimits;
  return balance + amount > limit ? BalanceLimit({ balance, limit, currency }) : undefined;
};

/** A credit, answered once. What the house has lost by the same payment comes before all else. */
export function creditWallet(
  data: CommandData<typeof CreditWallet>,
  wallet: Wallet,
): Decision<Event, ReturnType<typeof CreditOver>> {
  const known = valueIn(wallet.credits, creditKey(data));
  if (known !== undefined) return known === 'refused' ? CreditOver({ movement: data.movement }) : [];
  const back = recovered(data, wallet);
  if (back === undefined) return credited(data, wallet);
  const rest = data.amount - back.data.amount;
  return rest === 0n ? [back] : [back, ...credited({ ...data, amount: rest }, wallet)];
}

/** What the wallet cannot take pays what is owed first; the rest is refused. */
function credited(data: CommandData<typeof CreditWallet>, wallet: Wallet): readonly Event[] {
  const { person, currency, amount, movement, reason } = data;
  const origin = {
    ...(data.from !== undefined && { from: data.from }),
    ...(data.paymentId !== undefined && { paymentId: data.paymentId }),
  };
  // What comes back was here before: the limit is for what is new.
  const comesBack = ['transfer_returned', 'refund', 'payout_returned', 'reinstated'].includes(reason);
  const why =
    wallet.phase !== 'open'
      ? WalletNotOpen({ person, currency })
      : comesBack
        ? undefined
        : tooMuch(wallet, currency, amount, movement);
  if (why !== undefined) {
    const paid = paidByCredit(data, wallet);
    const events: readonly Event[] = paid === undefined ? [] : [paid];
    const rest = amount - (paid?.data.amount ?? 0n);
    if (rest === 0n) return events;
    const keptAs = 'unclaimed' as const;
    const refused = { person, currency, amount: rest, movement, credit: reason, ...origin, keptAs };
    const said = { reason: recordedReason(CreditWallet.rejections, why), balance: balanceOf(wallet) };
    return [...events, CreditRefused({ ...refused, ...said })];
  }
  return [
    FundsCredited({
      person,
      currency,
      amount,
      movement,
      reason,
      ...origin,
      ...(data.because !== undefined && { because: data.because }),
      postings: moved(clearingOf(movement, currency), availableOf(person, currency), amount),
      balance: { available: wallet.available + amount, held: wallet.held },
    }),
  ];
}
