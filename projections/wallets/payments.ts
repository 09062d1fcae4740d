import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import {
  NoticeRefused,
  PayoutFailed,
  PayoutInitiated,
  PayoutPaid,
  PayoutReturned,
  PayoutSettled,
  PayoutSubmitted,
  PayoutUnfunded,
  TopUpConfirmed,
  TopUpExpired,
  TopUpFailed,
  TopUpInitiated,
  TopUpRequiresAction,
  TopUpReversed,
} from '#domain/wallets/payment/messages.ts';
import { MoneyUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import { FundsCredited } from '#domain/wallets/wallet/messages.ts';
import { type View, view } from '../view.ts';
import { PaymentDocument } from './documents.ts';

type Terms = RecordedEvent<
  string,
  {
    readonly paymentId: string;
    readonly person: string;
    readonly currency: string;
    readonly amount: bigint;
  }
>;

const initiated =
  (direction: PaymentDocument['direction']) =>
  (_none: PaymentDocument | undefined, { data, position, recordedAt }: Terms): PaymentDocument => ({
    id: data.paymentId,
    person: data.person,
    direction,
    amount: data.amount,
    currency: data.currency,
    status: 'initiated',
    moved: 0n,
    reversed: 0n,
    refusedNotices: 0,
    startedAt: recordedAt,
    position: position.toString(),
    updatedAt: recordedAt,
  });

/** The next status. The page to confirm on and its expiry are shown only while they are of use. */
const becomes =
  (status: PaymentDocument['status']) =>
  (
    before: PaymentDocument | undefined,
    event: RecordedEvent<
      string,
      { readonly paymentId: string; readonly provider?: string; readonly why?: string }
    >,
  ): PaymentDocument | undefined => {
    if (before === undefined) throw new Error(`${event.stream} begins with ${event.type}`);
    const { actionUrl: _url, expiresAt: _expiry, why: _why, ...known } = before;
    const { provider, why } = event.data;
    return {
      ...known,
      status,
      ...(provider !== undefined && { provider }),
      ...(why !== undefined && { why }),
      updatedAt: event.recordedAt,
    };
  };

const sum =
  (side: 'moved' | 'reversed') =>
  (
    before: PaymentDocument | undefined,
    { data, recordedAt }: RecordedEvent<string, { readonly amount: bigint }>,
  ): PaymentDocument | undefined =>
    before && { ...before, [side]: before[side] + data.amount, updatedAt: recordedAt };

const creditedTo =
  (where: PaymentDocument['creditedTo']) =>
  (before: PaymentDocument | undefined, { recordedAt }: RecordedEvent): PaymentDocument | undefined =>
    before && { ...before, creditedTo: where, updatedAt: recordedAt };

export const payments: View = view({
  name: 'payments',
  version: 4,
  description: 'Payments in and out, where they stand, and where to confirm them.',
  document: PaymentDocument,
  indexes: [
    { name: 'by-person', fields: [{ path: 'person', as: 'text' }] },
    { name: 'by-status', fields: [{ path: 'status', as: 'text' }] },
    { name: 'by-position', fields: [{ path: 'position', as: 'integer' }] },
  ],
  events: [
    TopUpInitiated,
    TopUpRequiresAction,
    TopUpConfirmed,
    TopUpFailed,
    TopUpExpired,
    PayoutInitiated,
    PayoutSubmitted,
    PayoutPaid,
    PayoutFailed,
    PayoutSettled,
    TopUpReversed,
    PayoutReturned,
    PayoutUnfunded,
    NoticeRefused,
    FundsCredited,
    MoneyUnclaimed,
  ],
  // The movement of a payment bears its id.
  key: ({ data }) => ('paymentId' in data ? data.paymentId : data.movement),
  documents: ({ data }) =>
    'paymentId' in data ? [data.paymentId] : data.reason === 'top_up' ? [data.movement] : [],
  on: {
    TopUpInitiated: initiated('in'),
    TopUpRequiresAction(before, event) {
      const waiting = becomes('requires_action')(before, event);
      const { url, expiresAt } = event.data;
      return waiting && { ...waiting, actionUrl: url, expiresAt };
    },
    TopUpConfirmed: (before, event) => sum('moved')(becomes('confirmed')(before, event), event),
    TopUpFailed: becomes('failed'),
    // Whose time was over before it could begin, begins with its end.
    TopUpExpired: (before, event) => becomes('expired')(before ?? initiated('in')(before, event), event),
    PayoutInitiated: initiated('out'),
    PayoutSubmitted: becomes('submitted'),
    PayoutPaid: (before, event) => sum('moved')(becomes('paid')(before, event), event),
    PayoutUnfunded: sum('moved'),
    PayoutReturned: sum('reversed'),
    TopUpReversed: sum('reversed'),
    PayoutFailed: becomes('failed'),
    PayoutSettled: becomes('settled'),
    // A notice on a payment that nobody knows is in the history alone: there is no payment to show.
    NoticeRefused: (before, { recordedAt }) =>
      before && { ...before, refusedNotices: before.refusedNotices + 1, updatedAt: recordedAt },
    FundsCredited: creditedTo('wallet'),
    MoneyUnclaimed: creditedTo('unclaimed'),
  },
});
