import { forget } from '#domain/kernel/decider.ts';
import { wallets as messages } from '#domain/wallets/context.ts';
import { debtor } from '#domain/wallets/debtor/decider.ts';
import { notice } from '#domain/wallets/notice/decider.ts';
import { payment } from '#domain/wallets/payment/decider.ts';
import { platform } from '#domain/wallets/platform/decider.ts';
import { unclaimed as unclaimedDecider } from '#domain/wallets/unclaimed/decider.ts';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { dischargeUnclaimed } from '#domain/workflows/discharge-unclaimed.ts';
import { handleNotice } from '#domain/workflows/handle-notice.ts';
import { whileInDebt } from '#domain/workflows/while-in-debt.ts';
import { clearingView, platformAccountsView } from '#projections/wallets/accounts.ts';
import { debtsView } from '#projections/wallets/debts.ts';
import { ledgerView } from '#projections/wallets/ledger.ts';
import { noticesView, refusedNoticesView } from '#projections/wallets/notices.ts';
import { paymentsView } from '#projections/wallets/payments.ts';
import { statementView } from '#projections/wallets/statement.ts';
import { unclaimedView } from '#projections/wallets/unclaimed.ts';
import { holdsView, walletsView } from '#projections/wallets/wallets.ts';
import { walletOperations } from '#read-api/wallets/operations.ts';
import { debts } from '#sagas/wallets/debts.ts';
import { holdExpiry } from '#sagas/wallets/hold-expiry.ts';
import { refusedNotices } from '#sagas/wallets/refused-notices.ts';
import { topUp, topUpEnd, topUpExpiry } from '#sagas/wallets/top-up.ts';
import { transfer } from '#sagas/wallets/transfer.ts';
import { unclaimedMoney } from '#sagas/wallets/unclaimed.ts';
import { withdrawal } from '#sagas/wallets/withdrawal.ts';
import type { Manifest } from './manifest.ts';

export const wallets: Manifest = {
  messages,
  deciders: [
    forget(wallet),
    forget(payment),
    forget(platform),
    forget(unclaimedDecider),
    forget(debtor),
    forget(notice),
  ],
  workflows: [...whileInDebt, handleNotice, dischargeUnclaimed],
  views: [
    walletsView,
    holdsView,
    statementView,
    paymentsView,
    refusedNoticesView,
    unclaimedView,
    debtsView,
    noticesView,
    platformAccountsView,
    clearingView,
    ledgerView,
  ],
  reactions: [topUp, topUpEnd, withdrawal, transfer, unclaimedMoney, debts, refusedNotices],
  sagas: [topUpExpiry, holdExpiry],
  operations: walletOperations,
};
