import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { Posting } from '#domain/wallets/posting.ts';
import {
  type Balance,
  ClaimEnded,
  CreditRefused,
  DebtIncurred,
  DebtPaid,
  DebtWrittenOff,
  FundsCaptured,
  FundsCredited,
  FundsReleased,
  FundsReserved,
  LossRecovered,
  MoneyLeftBehind,
  TransferSent,
  walletStream,
} from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
import { StatementEntry } from './documents.ts';
import { changesOf } from './wallets.ts';

type Entered = RecordedEvent<
  string,
  {
    readonly person: string;
    readonly currency: string;
    readonly postings?: readonly Posting[];
    readonly balance?: Balance | undefined;
  }
>;

/** What every entry says, whatever it is for; `amount` is what it is about. */
function entry(event: Entered, id: string, amount: bigint) {
  const { stream, revision, position, recordedAt, data } = event;
  const { person, currency, postings = [], balance } = data;
  const changes = changesOf({ person, currency, postings });
  return {
    ...{ id, wallet: idOf(stream), person, currency, amount },
    availableChange: changes.available,
    heldChange: changes.held,
    owedChange: 0n,
    ...balance,
    revision,
    position: position.toString(),
    recordedAt,
  };
}

/** An entry of what the person owes, which every change of it says. */
const ofDebt = (
  event: Entered & { readonly data: { readonly amount: bigint; readonly owed: bigint } },
  id: string,
  sign: 1n | -1n,
) => {
  const { amount, owed } = event.data;
  return { ...entry(event, id, amount), owedChange: sign * amount, owed };
};

const ofPayment = ({ paymentId }: { readonly paymentId?: string | undefined }) =>
  paymentId === undefined ? {} : { paymentId };
const sentBy = ({ from }: { readonly from?: string | undefined }) =>
  from === undefined ? {} : { counterparty: from };

/**
 * One document for each event of a wallet that moves money of its person or changes what they owe or are owed, with the balance
 * after it: all changes up to any position sum to what the wallet holds, and its person owes, there.
 */
export const statementView = view({
  name: 'statement',
  version: 5,
  description: 'Every entry of a wallet with its running balance.',
  document: StatementEntry,
  indexes: [
    {
      name: 'by-position',
      fields: [
        { path: 'wallet', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
    {
      name: 'by-time',
      fields: [
        { path: 'wallet', as: 'text' },
        { path: 'recordedAt', as: 'text' },
      ],
    },
    { name: 'by-movement', fields: [{ path: 'movement', as: 'text' }] },
  ],
  on: (when) => [
    when(TransferSent, (_none, event, id): StatementEntry => {
      const { to, movement, amount } = event.data;
      return {
        ...entry(event, id, amount),
        kind: 'transfer_sent',
        why: 'transfer',
        counterparty: to,
        movement,
      };
    }),
    when(MoneyLeftBehind, (_none, event, id): StatementEntry => {
      const { movement, amount } = event.data;
      return { ...entry(event, id, amount), kind: 'left_behind', why: 'left_behind', movement };
    }),
    when(FundsReserved, (_none, event, id): StatementEntry => {
      const { holdId, claimId, purpose, amount } = event.data;
      return { ...entry(event, id, amount), kind: 'reserved', why: purpose, holdId, claimId };
    }),
    when(ClaimEnded, (_none, event, id): StatementEntry => {
      const { holdId, claimId, reason, released } = event.data;
      return { ...entry(event, id, released), kind: 'claim_ended', why: reason, holdId, claimId };
    }),
    when(FundsCaptured, (_none, event, id): StatementEntry => {
      const { holdId, purpose, movement, amount } = event.data;
      return { ...entry(event, id, amount), kind: 'captured', why: purpose, holdId, movement };
    }),
    when(FundsReleased, (_none, event, id): StatementEntry => {
      const { holdId, reason, amount } = event.data;
      return { ...entry(event, id, amount), kind: 'released', why: reason, holdId };
    }),
    when(FundsCredited, (_none, event, id): StatementEntry => {
      const { movement, reason, amount, because } = event.data;
      return {
        ...{ ...entry(event, id, amount), kind: 'credited', why: reason, movement },
        ...(because !== undefined && { because }),
        ...sentBy(event.data),
        ...ofPayment(event.data),
      };
    }),
    when(CreditRefused, (_none, event, id): StatementEntry => {
      const { movement, credit, amount, reason } = event.data;
      const refused = { kind: 'credit_refused', why: credit, because: reason.code, movement } as const;
      return { ...entry(event, id, amount), ...refused, ...sentBy(event.data), ...ofPayment(event.data) };
    }),
    when(DebtIncurred, (_none, event, id): StatementEntry => {
      const { movement } = event.data;
      const incurred = { kind: 'debt_incurred', why: 'went_back', movement } as const;
      return { ...ofDebt(event, id, 1n), ...incurred, ...ofPayment(event.data) };
    }),
    when(DebtPaid, (_none, event, id): StatementEntry => {
      const { credit } = event.data;
      const movement = credit === undefined ? {} : { movement: credit.movement };
      const paid = { kind: 'debt_paid', why: credit?.reason ?? 'debt', ...movement } as const;
      return { ...ofDebt(event, id, -1n), ...paid, ...ofPayment(event.data) };
    }),
    when(DebtWrittenOff, (_none, event, id): StatementEntry => {
      const { cause = 'written_off', reference, causeInPlain } = event.data;
      return {
        ...{ ...ofDebt(event, id, -1n), kind: 'debt_written_off', why: cause },
        ...(reference !== undefined && { reference }),
        ...(causeInPlain !== undefined && { whyInPlain: causeInPlain }),
      };
    }),
    when(LossRecovered, (_none, event, id): StatementEntry => {
      const { credit, amount, paymentId } = event.data;
      const { movement, reason } = credit;
      return { ...entry(event, id, amount), kind: 'loss_recovered', why: reason, movement, paymentId };
    }),
  ],
  key: ({ stream }) => stream,
  keysBy: { wallet: (wallet) => `${walletStream.prefix}${wallet}` },
  documents: ({ stream, revision }) => [`${stream}@${revision}`],
});
