import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { isRecorded, type Recorded } from '#domain/kernel/reaction.ts';
import {
  NoticeRefused,
  PayoutFailed,
  PayoutInitiated,
  PayoutPaid,
  PayoutReturned,
  PayoutSettled,
  PayoutSubmitted,
  PayoutUnfunded,
  ReinstatementAnnounced,
  ReversalAnnounced,
  TopUpConfirmed,
  TopUpExpired,
  TopUpFailed,
  TopUpInitiated,
  TopUpReinstated,
  TopUpRequiresAction,
  TopUpReversed,
} from '#domain/wallets/payment/messages.ts';
import { MoneyUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import { DebtPaid, FundsCredited, LossRecovered } from '#domain/wallets/wallet/messages.ts';
import { view } from '../view.ts';
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
    creditedTo: [],
    moved: 0n,
    reversed: 0n,
    reversals: [],
    unmatched: 0n,
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

type Summed = RecordedEvent<string, { readonly amount: bigint }>;

const sum =
  (side: 'moved' | 'reversed' | 'unmatched', sign: 1n | -1n = 1n) =>
  (before: PaymentDocument | undefined, { data, recordedAt }: Summed): PaymentDocument | undefined =>
    before && { ...before, [side]: before[side] + sign * data.amount, updatedAt: recordedAt };

/** What is booked of what was announced. */
const booked =
  (sign: 1n | -1n) =>
  (before: PaymentDocument | undefined, event: Summed): PaymentDocument | undefined =>
    sum('unmatched', sign === 1n ? -1n : 1n)(sum('reversed', sign)(before, event), event);

/** What the provider said, with its reason: the newest is the last. */
function announced(
  before: PaymentDocument | undefined,
  { data, recordedAt }: Recorded<typeof ReversalAnnounced | typeof ReinstatementAnnounced>,
): PaymentDocument | undefined {
  const { outcome, amount, why } = data;
  const reversal = { outcome, amount, ...(why !== undefined && { why }), toldAt: recordedAt };
  return before && { ...before, reversals: [...before.reversals, reversal].slice(-20) };
}

/** Each part adds to what has arrived in its place. */
const arrived =
  (to: PaymentDocument['creditedTo'][number]['to']) =>
  (
    before: PaymentDocument | undefined,
    { data, recordedAt }: RecordedEvent<string, { readonly amount: bigint }>,
  ): PaymentDocument | undefined => {
    if (before === undefined) return undefined;
    const { creditedTo } = before;
    const there = creditedTo.find((each) => each.to === to)?.amount ?? 0n;
    const others = creditedTo.filter((each) => each.to !== to);
    return { ...before, creditedTo: [...others, { to, amount: there + data.amount }], updatedAt: recordedAt };
  };

/** Of which payment a credit is a part: the first part's movement bears the payment's id, later ones say it. */
const paymentIn = (credit: {
  readonly reason: string;
  readonly movement: string;
  readonly paymentId?: string | undefined;
}): string | undefined => (credit.reason === 'top_up' ? (credit.paymentId ?? credit.movement) : undefined);

type Arriving = Recorded<
  typeof FundsCredited | typeof MoneyUnclaimed | typeof LossRecovered | typeof DebtPaid
>;
type OfPayment = RecordedEvent<string, { readonly paymentId: string }>;

/** The payment that an event is about, if it is about one. */
function paymentOf(event: Arriving | OfPayment): string | undefined {
  if (isRecorded(event, FundsCredited) || isRecorded(event, MoneyUnclaimed)) return paymentIn(event.data);
  if (isRecorded(event, LossRecovered))
    return event.data.credit.reason === 'top_up' ? event.data.paymentId : undefined;
  // A debt that is paid out of what is available has no credit.
  if (isRecorded(event, DebtPaid)) return event.data.credit && paymentIn(event.data.credit);
  return event.data.paymentId;
}

export const paymentsView = view({
  name: 'payments',
  version: 6,
  description: 'Payments in and out, where they stand, and where to confirm them.',
  document: PaymentDocument,
  indexes: [
    { name: 'by-person', fields: [{ path: 'person', as: 'text' }] },
    { name: 'by-status', fields: [{ path: 'status', as: 'text' }] },
    { name: 'by-position', fields: [{ path: 'position', as: 'integer' }] },
  ],
  on: (when) => [
    when(TopUpInitiated, initiated('in')),
    when(TopUpRequiresAction, (before, event) => {
      const waiting = becomes('requires_action')(before, event);
      const { url, expiresAt } = event.data;
      return waiting && { ...waiting, actionUrl: url, expiresAt };
    }),
    when(TopUpConfirmed, (before, event) => sum('moved')(becomes('confirmed')(before, event), event)),
    when(TopUpFailed, becomes('failed')),
    // Whose time was over before it could begin, begins with its end.
    when(TopUpExpired, (before, event) =>
      becomes('expired')(before ?? initiated('in')(before, event), event),
    ),
    when(PayoutInitiated, initiated('out')),
    when(PayoutSubmitted, becomes('submitted')),
    when(PayoutPaid, (before, event) => sum('moved')(becomes('paid')(before, event), event)),
    when(PayoutUnfunded, sum('moved')),
    when(ReversalAnnounced, (before, event) => announced(sum('unmatched')(before, event), event)),
    when(ReinstatementAnnounced, (before, event) => announced(sum('unmatched', -1n)(before, event), event)),
    when(PayoutReturned, booked(1n)),
    when(TopUpReversed, booked(1n)),
    when(TopUpReinstated, booked(-1n)),
    when(PayoutFailed, becomes('failed')),
    when(PayoutSettled, becomes('settled')),
    // A notice on a payment that nobody knows is in the history alone: there is no payment to show.
    when(
      NoticeRefused,
      (before, { recordedAt }) =>
        before && { ...before, refusedNotices: before.refusedNotices + 1, updatedAt: recordedAt },
    ),
    when(FundsCredited, arrived('wallet')),
    when(DebtPaid, arrived('debt')),
    when(LossRecovered, arrived('loss')),
    when(MoneyUnclaimed, arrived('unclaimed')),
  ],
  key: (event) => paymentOf(event) ?? event.stream,
  documents(event) {
    const paymentId = paymentOf(event);
    return paymentId === undefined ? [] : [paymentId];
  },
});
