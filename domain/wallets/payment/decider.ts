import { isOver, whenDue } from '../../kernel/deadline.ts';
import { decider } from '../../kernel/decider.ts';
import type { Instant } from '../../kernel/instant.ts';
import { type CommandData, type EventOf, type Rejection, recordedReason } from '../../kernel/message.ts';
import type { ProviderAnswer } from '../../kernel/ports/payments.ts';
import { clearingOf, moved, providerAccount } from '../../kernel/posting.ts';
import {
  type InitiateTopUp,
  NoticeRefused,
  PaymentDiffers,
  PaymentOver,
  PaymentUnknown,
  PayoutFailed,
  PayoutInitiated,
  PayoutPaid,
  PayoutSettled,
  PayoutSubmitted,
  paymentCommands,
  paymentEvents,
  RecordProviderNotice,
  TopUpConfirmed,
  TopUpExpired,
  TopUpFailed,
  TopUpInitiated,
  TopUpRequiresAction,
} from './messages.ts';

type Event = EventOf<(typeof paymentEvents)[number]>;

/** What a payment is about; the same in all of its events. */
interface Terms {
  readonly paymentId: string;
  readonly person: string;
  readonly currency: string;
  readonly amount: bigint;
}

type Known =
  | {
      readonly direction: 'in';
      readonly phase: 'initiated' | 'requires_action' | 'confirmed' | 'failed' | 'expired';
      readonly terms: Terms;
      /** Until when it may begin; once it has a page, until when that is of use. */
      readonly expiresAt?: Instant;
    }
  | {
      readonly direction: 'out';
      readonly phase: 'initiated' | 'submitted' | 'paid' | 'failed' | 'settled';
      readonly terms: Terms;
      readonly provider?: string;
    };

/** `refused` are the provider's notices that did not fit: each is kept once, the last hundred are known. */
interface Payment {
  readonly known?: Known;
  readonly refused: readonly string[];
}

const REMEMBERED_NOTICES = 100;

const termsOf = ({ paymentId, person, currency, amount }: Terms): Terms => ({
  paymentId,
  person,
  currency,
  amount,
});

function evolve(payment: Payment, event: Event): Payment {
  const { refused } = payment;
  switch (event.type) {
    case 'TopUpInitiated':
      return {
        refused,
        known: {
          ...{ direction: 'in', phase: 'initiated', terms: termsOf(event.data) },
          ...(event.data.expiresAt !== undefined && { expiresAt: event.data.expiresAt }),
        },
      };
    case 'TopUpRequiresAction':
      return {
        refused,
        known: {
          ...{ direction: 'in', phase: 'requires_action', terms: termsOf(event.data) },
          expiresAt: event.data.expiresAt,
        },
      };
    case 'TopUpConfirmed':
      return { refused, known: { direction: 'in', phase: 'confirmed', terms: termsOf(event.data) } };
    case 'TopUpFailed':
      return { refused, known: { direction: 'in', phase: 'failed', terms: termsOf(event.data) } };
    case 'TopUpExpired':
      return { refused, known: { direction: 'in', phase: 'expired', terms: termsOf(event.data) } };
    case 'PayoutInitiated':
      return { refused, known: { direction: 'out', phase: 'initiated', terms: termsOf(event.data) } };
    case 'PayoutSubmitted':
      return { refused, known: { direction: 'out', phase: 'submitted', terms: termsOf(event.data) } };
    case 'PayoutPaid': {
      const { provider } = event.data;
      return { refused, known: { direction: 'out', phase: 'paid', terms: termsOf(event.data), provider } };
    }
    case 'PayoutFailed':
      return { refused, known: { direction: 'out', phase: 'failed', terms: termsOf(event.data) } };
    case 'PayoutSettled':
      return { refused, known: { direction: 'out', phase: 'settled', terms: termsOf(event.data) } };
    case 'NoticeRefused':
      return { ...payment, refused: [...refused.slice(1 - REMEMBERED_NOTICES), event.data.noticeId] };
    default:
      return event satisfies never;
  }
}

/** A payment in begins in its time, or never. */
function initiateTopUp(data: CommandData<typeof InitiateTopUp>, now: Instant): readonly Event[] {
  const { expiresAt } = data;
  if (expiresAt === undefined) return [TopUpInitiated(termsOf(data))];
  return isOver(expiresAt, now)
    ? [TopUpExpired(termsOf(data))]
    : [TopUpInitiated({ ...termsOf(data), expiresAt })];
}

/**
 * An answer that comes after a notice, or twice, says nothing new. A page is shown to nobody whose time is over, or that comes
 * when the time to begin was.
 */
function recordAnswer(
  known: Known,
  provider: string,
  answer: ProviderAnswer,
  now: Instant,
): readonly Event[] {
  const { terms, direction, phase } = known;
  if (phase !== 'initiated') return [];
  switch (answer.status) {
    case 'requires_action': {
      const { url, expiresAt } = answer;
      if (direction !== 'in') return [];
      const begunLate =
        known.direction === 'in' && known.expiresAt !== undefined && isOver(known.expiresAt, now);
      return begunLate || isOver(expiresAt, now)
        ? [TopUpExpired(terms)]
        : [TopUpRequiresAction({ ...terms, provider, url, expiresAt })];
    }
    case 'submitted':
      return direction === 'out' ? [PayoutSubmitted({ ...terms, provider })] : [];
    case 'declined': {
      const failed = { ...terms, why: answer.why };
      return [direction === 'in' ? TopUpFailed(failed) : PayoutFailed(failed)];
    }
    default:
      return answer satisfies never;
  }
}

type Notice = CommandData<typeof RecordProviderNotice>;

/** Money that has come in counts whatever we thought before: also after we took the payment for failed or expired. */
function confirmTopUp({ terms, phase }: Known, provider: string): readonly Event[] {
  if (phase === 'confirmed') return [];
  const { paymentId, currency, amount } = terms;
  const postings = moved(providerAccount(provider, currency), clearingOf(paymentId, currency), amount);
  return [TopUpConfirmed({ ...terms, provider, movement: paymentId, postings })];
}

/** Where a notice leads that agrees with the payment's terms; a rejection where the payment has ended otherwise. */
function follow(known: Known, { outcome, provider, why }: Notice): readonly Event[] | Rejection {
  const { terms, phase } = known;
  const waits = phase === 'initiated' || phase === 'requires_action' || phase === 'submitted';
  switch (outcome) {
    case 'top_up_confirmed':
      return confirmTopUp(known, provider);
    case 'top_up_failed':
      // A provider that says no after its yes, or after our own end of it, changes nothing: only money counts.
      return waits ? [TopUpFailed({ ...terms, why: why ?? 'declined' })] : [];
    case 'payout_paid':
      if (phase === 'paid' || phase === 'settled') return [];
      return waits
        ? [PayoutPaid({ ...terms, provider, movement: terms.paymentId })]
        : PaymentOver({ paymentId: terms.paymentId });
    case 'payout_failed':
      if (phase === 'failed') return [];
      return waits
        ? [PayoutFailed({ ...terms, why: why ?? 'declined' })]
        : PaymentOver({ paymentId: terms.paymentId });
    default:
      return outcome satisfies never;
  }
}

function judge(known: Known | undefined, notice: Notice): readonly Event[] | Rejection {
  const { paymentId, amount, currency } = notice;
  if (known === undefined) return PaymentUnknown({ paymentId });
  const { terms, direction } = known;
  const ofTopUp = notice.outcome.startsWith('top_up');
  if (ofTopUp !== (direction === 'in') || amount !== terms.amount || currency !== terms.currency)
    return PaymentDiffers({ paymentId, amount: terms.amount, currency: terms.currency });
  return follow(known, notice);
}

function recordNotice(notice: Notice, { known, refused }: Payment): readonly Event[] {
  if (refused.includes(notice.noticeId)) return [];
  const judged = judge(known, notice);
  if (!('rejected' in judged)) return judged;
  const { noticeId, paymentId, outcome, amount, currency, why, provider } = notice;
  const reason = recordedReason(RecordProviderNotice.rejections, judged);
  const kept = { noticeId, paymentId, outcome, amount, currency, provider, reason };
  return [NoticeRefused({ ...kept, ...(why !== undefined && { why }) })];
}

/**
 * One payment at the provider. Whatever a genuine notice says is recorded once: followed when it fits, kept as refused
 * when it does not; a repeat decides nothing, so that nothing is ever credited twice.
 */
export const payment = decider({
  category: 'payment',
  events: paymentEvents,
  commands: paymentCommands,
  stateVersion: 2,
  initial: { refused: [] } as Payment,
  evolve,
  decide: {
    InitiateTopUp: (data, { known }, { now }) => (known === undefined ? initiateTopUp(data, now) : []),
    InitiatePayout: (data, { known }) => (known === undefined ? [PayoutInitiated(termsOf(data))] : []),
    RecordProviderAnswer: ({ paymentId, provider, answer }, { known }, { now }) =>
      known === undefined ? PaymentUnknown({ paymentId }) : recordAnswer(known, provider, answer, now),
    RecordProviderNotice: recordNotice,
    ExpireTopUp(_data, { known }, { now }) {
      if (known?.direction !== 'in' || known.phase !== 'requires_action') return [];
      const { terms, expiresAt } = known;
      return expiresAt === undefined ? [] : whenDue(expiresAt, now, () => [TopUpExpired(terms)]);
    },
    SettlePayout({ paymentId }, { known }) {
      if (known?.direction !== 'out') return PaymentUnknown({ paymentId });
      if (known.phase !== 'paid' || known.provider === undefined) return [];
      const { terms, provider } = known;
      const { currency, amount } = terms;
      const postings = moved(clearingOf(paymentId, currency), providerAccount(provider, currency), amount);
      return [PayoutSettled({ ...terms, provider, movement: paymentId, postings })];
    },
  },
});
