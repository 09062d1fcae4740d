import { idOf } from '#domain/kernel/ids.ts';
import { MoneyUnclaimed, UnclaimedDischarged, UnclaimedPaidOut } from '#domain/wallets/unclaimed/messages.ts';
import { view } from '../view.ts';
import { UnclaimedDocument } from './documents.ts';

/** What the house owes to people. An account that is empty again stays, as the answer to "where is it gone". */
export const unclaimedView = view({
  name: 'unclaimed',
  version: 2,
  description: 'Money of people that no wallet of theirs could take.',
  document: UnclaimedDocument,
  indexes: [
    { name: 'by-person', fields: [{ path: 'person', as: 'text' }] },
    { name: 'by-balance', fields: [{ path: 'balance', as: 'integer' }] },
  ],
  on: (when) => [
    when(
      MoneyUnclaimed,
      (_before, { data, recordedAt }, id): UnclaimedDocument => ({
        ...{ id, person: data.person, currency: data.currency, balance: data.balance },
        ...{ lastReason: data.reason, lastMovement: data.movement, updatedAt: recordedAt },
      }),
    ),
    when(UnclaimedPaidOut, (before, { stream, data, recordedAt }): UnclaimedDocument => {
      if (before === undefined) throw new Error(`${stream} begins with a payout`);
      return { ...before, balance: data.balance, updatedAt: recordedAt };
    }),
    when(UnclaimedDischarged, (before, { stream, data, recordedAt }): UnclaimedDocument => {
      if (before === undefined) throw new Error(`${stream} begins with a discharge`);
      const { balance, how: discharged, reference } = data;
      return { ...before, balance, discharged, reference, updatedAt: recordedAt };
    }),
  ],
  key: ({ stream }) => idOf(stream),
  keysBy: { person: (person) => `${person}:` },
});
