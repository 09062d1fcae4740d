import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Posting } from '#domain/wallets/posting.ts';
import { MoneyUnclaimed, UnclaimedPaidOut } from '#domain/wallets/unclaimed/messages.ts';
import { DebtPaid } from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { LedgerDocument } from './documents.ts';
import { inWallets, ofTheHouse } from './movements.ts';

type Booked = RecordedEvent<string, { readonly currency: string; readonly postings: readonly Posting[] }>;
type Kind =
  | 'available'
  | 'held'
  | 'unclaimed'
  | 'receivable'
  | 'clearing'
  | 'platform'
  | 'providers'
  | 'outside';

/** To which sum an account belongs, told by its name. */
function kindOf(account: string): Kind {
  if (account.startsWith('clearing:')) return 'clearing';
  if (account.startsWith('unclaimed:')) return 'unclaimed';
  if (account.startsWith('receivable:')) return 'receivable';
  if (account.startsWith('platform:')) return 'platform';
  if (account.startsWith('provider:')) return 'providers';
  if (account.startsWith('outside:')) return 'outside';
  return account.endsWith(':held') ? 'held' : 'available';
}

const NOTHING = {
  ...{ available: 0n, held: 0n, unclaimed: 0n, receivable: 0n, clearing: 0n, platform: 0n, providers: 0n },
  ...{ outside: 0n, total: 0n, entries: 0 },
};

function booked(
  before: LedgerDocument | undefined,
  { data: { currency, postings }, recordedAt }: Booked,
): LedgerDocument | undefined {
  if (postings.length === 0) return before;
  const sums = { ...(before ?? NOTHING) };
  for (const { account, amount } of postings) {
    sums[kindOf(account)] += amount;
    sums.total += amount;
  }
  return { ...sums, id: currency, entries: sums.entries + 1, updatedAt: recordedAt };
}

/** The trial balance: one document a currency, so that all its sums are of one and the same position. */
export const ledgerView = view({
  name: 'ledger',
  version: 5,
  description: 'All money of each currency by kind of account; the kinds sum to zero.',
  document: LedgerDocument,
  on: (when) => [when(...inWallets, DebtPaid, ...ofTheHouse, MoneyUnclaimed, UnclaimedPaidOut, booked)],
  key: ({ data }) => data.currency,
});
