import type { Facts } from '../../kernel/decider.ts';
import type { CommandData } from '../../kernel/message.ts';
import type { Debt } from '../debtor/messages.ts';
import { whyKept } from './debts.ts';
import { leftBehind } from './left-behind.ts';
import {
  type CloseIfGone,
  type CloseWallet,
  PaymentUnderWay,
  WalletClosed,
  WalletNotEmpty,
  WalletNotOpen,
} from './messages.ts';
import type { Wallet } from './state.ts';

export function closeWallet(
  { currency }: CommandData<typeof CloseWallet>,
  state: Wallet,
  { actor, precondition }: Facts<Debt | undefined>,
) {
  if (state.phase === 'none') return WalletNotOpen({ person: actor.id, currency });
  if (state.phase === 'closed') return [];
  const why = whyKept(state, currency, precondition);
  if (why !== undefined) return why;
  const { available, held, topUps } = state;
  if (available + held > 0n) return WalletNotEmpty({ available, held });
  if (topUps.length > 0) return PaymentUnderWay({ payments: topUps.length });
  return [WalletClosed({ person: actor.id, currency })];
}

/**
 * Whoever leaves has closed their wallets; one that was opened in the same moment is closed behind it, whatever has come into it. What is
 * held there leaves it as it becomes available. One that owes waits: its debt's end asks again.
 */
export function closeIfGone(
  { person, currency }: CommandData<typeof CloseIfGone>,
  wallet: Wallet,
  facts: Facts<boolean>,
) {
  if (!facts.precondition || wallet.phase !== 'open' || wallet.owed > 0n) return [];
  const closed = WalletClosed({ person, currency });
  return [closed, ...leftBehind({ person, currency }, { ...wallet, phase: 'closed' }, facts)];
}
