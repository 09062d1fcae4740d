import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import { availableOf, heldOf, type Posting } from '#domain/wallets/posting.ts';
import {
  ClaimEnded,
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  FundsCaptured,
  FundsReleased,
  FundsReserved,
  HoldCommitted,
  WalletClosed,
  WalletOpened,
} from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { HoldDocument, WalletDocument } from './documents.ts';
import { inWallets } from './movements.ts';

interface Moving {
  readonly person: string;
  readonly currency: string;
  readonly postings: readonly Posting[];
}
type Booked = RecordedEvent<string, Moving>;

/** By how much an event changes the two sides of its wallet, in minor units, told by its postings. */
export function changesOf({ person, currency, postings }: Moving): {
  readonly available: bigint;
  readonly held: bigint;
} {
  const sum = (account: string): bigint =>
    postings.reduce((total, posting) => (posting.account === account ? total + posting.amount : total), 0n);
  return { available: sum(availableOf(person, currency)), held: sum(heldOf(person, currency)) };
}

/** Sums the postings, and so proves the running balances that the events carry for statements. */
function booked(before: WalletDocument | undefined, event: Booked): WalletDocument | undefined {
  // Holds that are remembered before the wallet was ever opened move nothing.
  if (before === undefined) return undefined;
  const { available, held } = changesOf(event.data);
  return {
    ...before,
    available: before.available + available,
    held: before.held + held,
    updatedAt: event.recordedAt,
  };
}

/** Who never opened a wallet owes all the same: the view of debts says it. */
const owes = (
  before: WalletDocument | undefined,
  { data: { owed }, recordedAt }: RecordedEvent<string, { readonly owed: bigint }>,
  _id: string,
): WalletDocument | undefined => before && { ...before, owed, updatedAt: recordedAt };

export const walletsView = view({
  name: 'wallets',
  version: 2,
  description: 'Each person’s wallets: what can be spent, what is held, and what is owed.',
  document: WalletDocument,
  indexes: [{ name: 'by-person', fields: [{ path: 'person', as: 'text' }] }],
  on: (when) => [
    when(
      WalletOpened,
      (before, { data: { person, currency }, recordedAt }, id): WalletDocument => ({
        id,
        person,
        currency,
        status: 'open',
        available: before?.available ?? 0n,
        held: before?.held ?? 0n,
        owed: before?.owed ?? 0n,
        openedAt: recordedAt,
        updatedAt: recordedAt,
      }),
    ),
    when(WalletClosed, (before, { recordedAt }): WalletDocument | undefined =>
      before === undefined ? undefined : { ...before, status: 'closed', updatedAt: recordedAt },
    ),
    when(...inWallets, booked),
    when(DebtIncurred, DebtWrittenOff, owes),
    when(DebtPaid, (before, event, id) => owes(booked(before, event), event, id)),
  ],
  key: ({ stream }) => idOf(stream),
  keysBy: { person: (person) => `${person}:` },
});

const holdAfter =
  (change: Partial<Pick<HoldDocument, 'status' | 'held'>>) =>
  (before: HoldDocument | undefined, { recordedAt }: RecordedEvent): HoldDocument | undefined =>
    before === undefined ? undefined : { ...before, ...change, updatedAt: recordedAt };

/** Why money is held. A hold that has ended stays, as the answer to "where is it gone". */
export const holdsView = view({
  name: 'holds',
  version: 1,
  description: 'What is held in a wallet, and for what.',
  document: HoldDocument,
  indexes: [
    {
      name: 'by-wallet',
      fields: [
        { path: 'wallet', as: 'text' },
        { path: 'status', as: 'text' },
      ],
    },
  ],
  on: (when) => [
    when(FundsReserved, (_before, { stream, data, recordedAt }, id): HoldDocument => {
      const { person, currency, holdId, purpose, held, expiresAt } = data;
      const terms = { id, wallet: idOf(stream), person, currency, holdId, purpose };
      const until = expiresAt === undefined ? {} : { expiresAt };
      return { ...terms, status: 'open', held, ...until, updatedAt: recordedAt };
    }),
    when(ClaimEnded, (before, event) =>
      holdAfter({ held: event.data.held, ...(event.data.holdEnded && { status: 'resting' }) })(before, event),
    ),
    when(HoldCommitted, (before, { recordedAt }) => {
      if (before === undefined) return undefined;
      const { expiresAt: _, ...committed } = before;
      return { ...committed, updatedAt: recordedAt };
    }),
    when(FundsCaptured, holdAfter({ status: 'captured', held: 0n })),
    when(FundsReleased, holdAfter({ status: 'released', held: 0n })),
  ],
  key: ({ stream, data }) => `${idOf(stream)}:${data.holdId}`,
  keysBy: { wallet: (wallet) => `${wallet}:` },
});
