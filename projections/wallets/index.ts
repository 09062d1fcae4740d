import type { View } from '../view.ts';
import { clearing, platformAccounts } from './accounts.ts';
import { debts } from './debts.ts';
import { ledger } from './ledger.ts';
import { notices, refusedNotices } from './notices.ts';
import { payments } from './payments.ts';
import { statement } from './statement.ts';
import { unclaimed } from './unclaimed.ts';
import { holds, wallets } from './wallets.ts';

export * from './documents.ts';
export { wallets };

/** The read models of the wallets' context. */
export const walletViews: readonly View[] = [
  wallets,
  holds,
  statement,
  payments,
  refusedNotices,
  unclaimed,
  debts,
  notices,
  platformAccounts,
  clearing,
  ledger,
];
