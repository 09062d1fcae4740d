import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { idOf } from '#domain/kernel/ids.ts';
import type { Posting } from '#domain/kernel/posting.ts';
import {
  type Balance,
  ClaimEnded,
  DebtPaid,
  FundsCaptured,
  FundsCredited,
  FundsReleased,
  FundsReserved,
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
    readonly postings: readonly Posting[];
    readonly balance: Balance;
  }
>;

/** What every entry says, whatever it is for. */
function entry(event: Entered, id: string) {
  const { stream, revision, position, recordedAt, data } = event;
  const changes = changesOf(event);
  return {
    id,
    wallet: idOf(stream),
    person: data.person,
    currency: data.currency,
    availableChange: changes.available,
    heldChange: changes.held,
    ...data.balance,
    revision,
    position: position.toString(),
    recordedAt,
  };
}

/**
 * One document for each event of a wallet that is about money, with the balance after it. The statement at a position
 * or a time is the entries at or below it, and their last says what the wallet held then.
 */
export const statementView = view({
  name: 'statement',
  version: 3,
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
      const { to, movement } = event.data;
      return { ...entry(event, id), kind: 'transfer_sent', why: 'transfer', counterparty: to, movement };
    }),
    when(FundsReserved, (_none, event, id): StatementEntry => {
      const { holdId, claimId, purpose } = event.data;
      return { ...entry(event, id), kind: 'reserved', why: purpose, holdId, claimId };
    }),
    when(ClaimEnded, (_none, event, id): StatementEntry => {
      const { holdId, claimId, reason } = event.data;
      return { ...entry(event, id), kind: 'claim_ended', why: reason, holdId, claimId };
    }),
    when(FundsCaptured, (_none, event, id): StatementEntry => {
      const { holdId, purpose, movement } = event.data;
      return { ...entry(event, id), kind: 'captured', why: purpose, holdId, movement };
    }),
    when(FundsReleased, (_none, event, id): StatementEntry => {
      const { holdId, reason } = event.data;
      return { ...entry(event, id), kind: 'released', why: reason, holdId };
    }),
    when(DebtPaid, (_none, event, id): StatementEntry => {
      const { credit } = event.data;
      const movement = credit === undefined ? {} : { movement: credit.movement };
      return { ...entry(event, id), kind: 'debt_paid', why: credit?.reason ?? 'debt', ...movement };
    }),
    when(FundsCredited, (_none, event, id): StatementEntry => {
      const { movement, reason, from, because } = event.data;
      return {
        ...{ ...entry(event, id), kind: 'credited', why: reason, movement },
        ...(because !== undefined && { because }),
        ...(from !== undefined && { counterparty: from }),
      };
    }),
  ],
  key: ({ stream }) => stream,
  keysBy: { wallet: (wallet) => `${walletStream.prefix}${wallet}` },
  documents: ({ stream, revision }) => [`${stream}@${revision}`],
});
