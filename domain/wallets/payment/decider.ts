import { isOver, whenDue } from '../../kernel/deadline.ts';
import { decider } from '../../kernel/decider.ts';
import { valueIn } from '../../kernel/id-table.ts';
import type { Instant } from '../../kernel/instant.ts';
import { type CommandData, type Rejection, recordedReason } from '../../kernel/message.ts';
import type { ProviderAnswer } from '../../kernel/ports/payments.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { clearingOf, moved, providerAccount } from '../posting.ts';
import {
  commands,
  events,
  type InitiateTopUp,
  NoticeRefused,
  PaymentDiffers,
  PaymentUnknown,
  PayoutFailed,
  PayoutInitiated,
  PayoutSettled,
  PayoutSubmitted,
  paymentStream,
  RecordProviderNotice,
  TopUpExpired,
  TopUpFailed,
  TopUpInitiated,
  TopUpRequiresAction,
} from './messages.ts';
import { follow, type Notice, waits } from './notices.ts';
import { evolve, type Known, noPayment, type Payment, type PaymentEvent, termsOf } from './state.ts';

/** A payment in begins in its time, or never. */
function initiateTopUp(data: CommandData<typeof InitiateTopUp>, now: Instant): readonly PaymentEvent[] {
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
): readonly PaymentEvent[] {
  const { terms, direction, phase } = known;
  if (phase !== 'initiated') return [];
  switch (answer.status) {
    case 'requires_action': {
      const { url, expiresAt } = answer;
      if (direction !== 'in') return [];
      const begunLate = known.expiresAt !== undefined && isOver(known.expiresAt, now);
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
      return unreachable(answer);
  }
}

function judge(known: Known | undefined, notice: Notice, id: string): readonly PaymentEvent[] | Rejection {
  const { paymentId, currency } = notice;
  if (known === undefined) return PaymentUnknown({ paymentId });
  const { terms, direction } = known;
  const ofTopUp = notice.outcome.startsWith('top_up');
  if (ofTopUp !== (direction === 'in') || currency !== terms.currency)
    return PaymentDiffers({ paymentId, amount: terms.amount, currency: terms.currency });
  return follow(known, notice, id);
}

function recordNotice(notice: Notice, { known, notices }: Payment, id: string): readonly PaymentEvent[] {
  if (valueIn(notices, notice.noticeId) === true) return [];
  const judged = judge(known, notice, id);
  if (!('rejected' in judged)) return judged;
  const { noticeId, paymentId, outcome, amount, currency, why, provider } = notice;
  const reason = recordedReason(RecordProviderNotice.rejections, judged);
  const kept = { noticeId, paymentId, outcome, amount, currency, provider, reason };
  return [NoticeRefused({ ...kept, ...(why !== undefined && { why }) })];
}

/**
 * One payment at the provider. Whatever a genuine notice says is recorded: followed when it fits, noted when it says nothing
 * new, kept as refused when it cannot be about this payment; the same notice decides nothing twice, so that nothing is ever
 * credited or taken back twice.
 */
export const payment = decider({
  stream: paymentStream,
  events,
  commands,
  stateVersion: 4,
  initial: noPayment,
  evolve,
  decide: {
    InitiateTopUp: (data, { known }, { now }) => (known === undefined ? initiateTopUp(data, now) : []),
    InitiatePayout: (data, { known }) => (known === undefined ? [PayoutInitiated(termsOf(data))] : []),
    RecordProviderAnswer: ({ paymentId, provider, answer }, { known }, { now }) =>
      known === undefined ? PaymentUnknown({ paymentId }) : recordAnswer(known, provider, answer, now),
    RecordProviderNotice: (notice, payment, { id }) => recordNotice(notice, payment, id),
    ExpireTopUp(_data, { known }, { now }) {
      if (known?.direction !== 'in' || !waits(known)) return [];
      const { terms, expiresAt } = known;
      const expired = () => [TopUpExpired(terms)];
      // The first payments say no time: whoever sends this has looked when each began.
      return expiresAt === undefined ? expired() : whenDue(expiresAt, now, expired);
    },
    SettlePayout({ paymentId }, { known }) {
      if (known?.direction !== 'out') return PaymentUnknown({ paymentId });
      if (known.phase !== 'paid' || known.provider === undefined) return [];
      const { terms, provider, captured: amount } = known;
      const { currency } = terms;
      const postings = moved(clearingOf(paymentId, currency), providerAccount(provider, currency), amount);
      return [PayoutSettled({ ...terms, amount, provider, movement: paymentId, postings })];
    },
  },
});
