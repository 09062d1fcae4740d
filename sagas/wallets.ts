import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { debts } from './debts.ts';
import { holdExpiry } from './hold-expiry.ts';
import { refusedNotices } from './refused-notices.ts';
import { topUp, topUpEnd, topUpExpiry } from './top-up.ts';
import { transfer } from './transfer.ts';
import { unclaimedMoney } from './unclaimed.ts';
import { withdrawal } from './withdrawal.ts';

export const walletReactions: readonly Reaction[] = [
  topUp,
  topUpEnd,
  withdrawal,
  transfer,
  unclaimedMoney,
  debts,
  refusedNotices,
];
export const walletSagas: readonly Saga[] = [topUpExpiry, holdExpiry];
