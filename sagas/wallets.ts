import type { Reaction } from '#domain/kernel/reaction.ts';
import type { Saga } from '#domain/kernel/saga.ts';
import { holdExpiry } from './hold-expiry.ts';
import { topUp, topUpEnd, topUpExpiry } from './top-up.ts';
import { transfer } from './transfer.ts';
import { unclaimedMoney } from './unclaimed.ts';
import { withdrawal } from './withdrawal.ts';

export const walletReactions: readonly Reaction[] = [topUp, topUpEnd, withdrawal, transfer, unclaimedMoney];
export const walletSagas: readonly Saga[] = [topUpExpiry, holdExpiry];
