import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { DebtIncurred, DebtPaid, DebtWrittenOff, LossRecovered } from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { DebtDocument } from './documents.ts';

const owes = (
  before: DebtDocument | undefined,
  { data, recordedAt }: RecordedEvent<string, { person: string; currency: string; owed: bigint }>,
  id: string,
): DebtDocument => ({
  ...{ id, person: data.person, currency: data.currency, owed: data.owed, updatedAt: recordedAt },
  lost: before?.lost ?? 0n,
});

const causeOf = ({ data: { cause, reference, causeInPlain } }: Recorded<typeof DebtWrittenOff>) => ({
  ...(cause !== undefined && { writtenOff: cause }),
  ...(reference !== undefined && { writtenOffReference: reference }),
  ...(causeInPlain !== undefined && { writtenOffInPlain: causeInPlain }),
});

/** What people owe. A debt that is paid stays, with nothing owed. */
export const debtsView = view({
  name: 'debts',
  version: 3,
  description: 'What people owe because their wallets could not give back what went back outside.',
  document: DebtDocument,
  indexes: [
    { name: 'by-person', fields: [{ path: 'person', as: 'text' }] },
    { name: 'by-amount', fields: [{ path: 'owed', as: 'integer' }] },
  ],
  on: (when) => [
    when(DebtIncurred, DebtPaid, owes),
    when(DebtWrittenOff, (before, event, id) => ({
      ...{ ...owes(before, event, id), ...causeOf(event) },
      lost: (before?.lost ?? 0n) + event.data.amount,
    })),
    when(
      LossRecovered,
      (before, { data, recordedAt }) =>
        before && { ...before, lost: before.lost - data.amount, updatedAt: recordedAt },
    ),
  ],
  key: ({ stream }) => idOf(stream),
  keysBy: { person: (person) => `${person}:` },
});
