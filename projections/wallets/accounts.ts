import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import {
  PayoutReturned,
  PayoutSettled,
  TopUpConfirmed,
  TopUpReinstated,
} from '#domain/wallets/payment/messages.ts';
import { PlatformCredited, UnallocatedAssigned } from '#domain/wallets/platform/messages.ts';
import {
  clearingOf,
  outsideAccount,
  type Posting,
  platformAccount,
  providerAccount,
} from '#domain/wallets/posting.ts';
import { MoneyUnclaimed, UnclaimedPaidOut } from '#domain/wallets/unclaimed/messages.ts';
import {
  DebtPaid,
  FundsCaptured,
  FundsCredited,
  LossRecovered,
  MoneyLeftBehind,
  TransferSent,
} from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { ClearingDocument, PlatformAccountDocument } from './documents.ts';
import { ofTheHouse } from './movements.ts';

/** By how much an event changes an account, in minor units. */
const changeOf = (postings: readonly Posting[], account: string): bigint =>
  postings.reduce((sum, posting) => (posting.account === account ? sum + posting.amount : sum), 0n);

type Booked = RecordedEvent<string, { readonly postings: readonly Posting[] }>;

function accountAfter(
  before: PlatformAccountDocument | undefined,
  { data, recordedAt }: Booked,
  id: string,
): PlatformAccountDocument | undefined {
  // What was still in clearing when its owner was found has never been in the account.
  if (data.postings.length === 0) return before;
  const [owner, account = '', currency = ''] = id.split(':');
  return {
    id,
    owner: owner === 'provider' || owner === 'outside' ? owner : 'platform',
    account,
    currency,
    balance: (before?.balance ?? 0n) + changeOf(data.postings, id),
    entries: (before?.entries ?? 0) + 1,
    updatedAt: recordedAt,
  };
}

/** The accounts of the house, its mirror of what the provider holds, and what it has given out itself; each event touches one of them. */
export const platformAccountsView = view({
  name: 'platform-accounts',
  version: 5,
  description:
    'What the house has earned, what the payment provider holds for it, and what it has given out itself.',
  document: PlatformAccountDocument,
  indexes: [{ name: 'by-currency', fields: [{ path: 'currency', as: 'text' }] }],
  on: (when) => [when(...ofTheHouse, accountAfter)],
  key(event) {
    const { currency } = event.data;
    if (event.type === 'PlatformCredited') return platformAccount(event.data.account, currency);
    if (event.type === 'UnallocatedAssigned') return platformAccount('unallocated', currency);
    if (event.type === 'DebtWrittenOff' || event.type === 'LossRecovered')
      return platformAccount('losses', currency);
    if (event.type === 'UnclaimedDischarged') return outsideAccount(event.data.how, currency);
    return providerAccount(event.data.provider, currency);
  },
});

type Moving = RecordedEvent<
  string,
  {
    readonly movement?: string;
    readonly credit?: { readonly movement: string } | undefined;
    readonly currency: string;
    readonly postings: readonly Posting[];
  }
>;

const movementOf = ({ movement, credit }: Pick<Moving['data'], 'movement' | 'credit'>): string =>
  movement ?? credit?.movement ?? '';

function clearingAfter(
  before: ClearingDocument | undefined,
  { data, recordedAt }: Moving,
  id: string,
): ClearingDocument {
  const { currency, postings } = data;
  const movement = movementOf(data);
  const change = changeOf(postings, clearingOf(movement, currency));
  const balance = (before?.balance ?? 0n) + change;
  return {
    id,
    movement,
    currency,
    balance,
    total: (before?.total ?? 0n) + (change > 0n ? change : 0n),
    overdrawn: (before?.overdrawn ?? false) || balance < 0n,
    startedAt: before?.startedAt ?? recordedAt,
    updatedAt: recordedAt,
  };
}

/** Money on its way, by movement: what an auditor looks at first when something is missing. */
export const clearingView = view({
  name: 'clearing',
  version: 4,
  description: 'Money of one movement that is on its way: never below zero, and zero at its end.',
  document: ClearingDocument,
  indexes: [
    { name: 'by-balance', fields: [{ path: 'balance', as: 'integer' }] },
    { name: 'by-movement', fields: [{ path: 'movement', as: 'text' }] },
  ],
  on: (when) => [
    when(
      TopUpConfirmed,
      TransferSent,
      MoneyLeftBehind,
      FundsCaptured,
      FundsCredited,
      PlatformCredited,
      PayoutSettled,
      PayoutReturned,
      TopUpReinstated,
      UnallocatedAssigned,
      MoneyUnclaimed,
      UnclaimedPaidOut,
      DebtPaid,
      LossRecovered,
      clearingAfter,
    ),
  ],
  key: ({ data }) => `${movementOf(data)}:${data.currency}`,
  // A debt that is paid out of what is available has no movement.
  documents: ({ data }) => (movementOf(data) === '' ? [] : [`${movementOf(data)}:${data.currency}`]),
});
