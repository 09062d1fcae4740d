import { emptyTable } from '../../kernel/id-table.ts';
import type { CommandData, Rejection } from '../../kernel/message.ts';
import { larger, smaller } from '../../kernel/money.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { clearingOf, moved, providerAccount, receivableOf } from '../posting.ts';
import {
  NoticeNoted,
  NoticesMatched,
  NoticeUnmatched,
  PaymentDiffers,
  PaymentOver,
  PayoutFailed,
  PayoutPaid,
  PayoutReturned,
  PayoutUnfunded,
  type RecordProviderNotice,
  ReinstatementAnnounced,
  ReversalAnnounced,
  TopUpConfirmed,
  TopUpFailed,
  TopUpReinstated,
  TopUpReversed,
  UNMATCHED_NOTICES,
} from './messages.ts';
import { evolve, evolveKnown, type Known, type PaymentEvent } from './state.ts';

// What a genuine notice comes to. The books follow the bank: what came or went is booked whatever was believed before, and in
// whatever order notices come; what went back is booked as far as it is known to have come or gone, and the rest of it waits.

export type Notice = CommandData<typeof RecordProviderNotice>;
type Followed = readonly PaymentEvent[] | Rejection;

/** Whether the provider has said nothing yet of what became of it. */
export const waits = ({ phase }: Known): boolean =>
  phase === 'initiated' || phase === 'requires_action' || phase === 'submitted';

const told = ({ noticeId, paymentId, outcome, amount, currency, why, provider }: Notice) => ({
  ...{ noticeId, paymentId, outcome, amount, currency, provider },
  ...(why !== undefined && { why }),
});

const noted = (notice: Notice): PaymentEvent => NoticeNoted(told(notice));

const differs = ({ terms: { paymentId, amount, currency } }: Known): Rejection =>
  PaymentDiffers({ paymentId, amount, currency });

/** How much of what is announced is beyond what is known to have moved, or to have gone back. */
const beyond = ({ announced, moved }: Known): bigint =>
  announced < 0n ? -announced : larger(announced - moved, 0n);

/** What is known to have gone back, or to be with us again, and is not booked yet. `movement` names it. */
function reversals(known: Known, { provider }: Notice, movement: string): readonly PaymentEvent[] {
  const { terms, direction } = known;
  const { person, currency } = terms;
  const back = smaller(larger(known.announced, 0n), known.moved);
  if (back === known.reversed) return [];
  const amount = larger(back - known.reversed, known.reversed - back);
  const about = { ...terms, amount, provider, movement };
  const ours = providerAccount(provider, currency);
  const toUs = moved(ours, clearingOf(movement, currency), amount);
  if (back < known.reversed) return [TopUpReinstated({ ...about, postings: toUs })];
  return direction === 'in'
    ? [TopUpReversed({ ...about, postings: moved(receivableOf(person, currency), ours, amount) })]
    : [PayoutReturned({ ...about, postings: toUs })];
}

/** The events, with what is to be booked after them, and whether notices that waited for it need to no longer. */
function withReversals(
  known: Known,
  events: readonly PaymentEvent[],
  notice: Notice,
  movement: string,
): readonly PaymentEvent[] {
  const after = events.reduce(evolve, { known, notices: emptyTable }).known ?? known;
  const { terms, unmatched } = after;
  const { provider } = notice;
  const matched =
    unmatched.length > 0 && beyond(after) === 0n
      ? [NoticesMatched({ paymentId: terms.paymentId, provider, notices: [...unmatched] })]
      : [];
  return [...events, ...reversals(after, notice, movement), ...matched];
}

function confirmTopUp(known: Known, notice: Notice, id: string): Followed {
  const { terms } = known;
  const { noticeId, provider, amount: total } = notice;
  if (total === known.moved) return [noted(notice)];
  if (total < known.moved) return differs(known);
  const amount = total - known.moved;
  // The first bears the id of the payment, which the wallet waits for.
  const movement = known.moved === 0n ? terms.paymentId : id;
  const postings = moved(
    providerAccount(provider, terms.currency),
    clearingOf(movement, terms.currency),
    amount,
  );
  const confirmed = TopUpConfirmed({ ...terms, noticeId, amount, provider, movement, postings });
  return withReversals(known, [confirmed], notice, id);
}

/** A provider that says no behind its yes changes nothing: money that went back is a notice of its own. */
function failTopUp(known: Known, notice: Notice): Followed {
  const { phase, terms } = known;
  if (phase === 'failed') return [noted(notice)];
  if (known.moved > 0n) return PaymentOver({ paymentId: terms.paymentId });
  return [TopUpFailed({ ...terms, noticeId: notice.noticeId, why: notice.why ?? 'declined' })];
}

/** What was held pays; what the provider has paid beyond it, or after it was released, the person owes. */
function payOut(known: Known, notice: Notice, id: string): Followed {
  const { terms } = known;
  const { noticeId, provider, amount: total } = notice;
  if (!waits(known) && total === known.moved) return [noted(notice)];
  if (!waits(known) && total < known.moved) return differs(known);
  const held = waits(known) ? smaller(total, terms.amount) : 0n;
  const owed = total - known.moved - held;
  const postings = moved(
    receivableOf(terms.person, terms.currency),
    providerAccount(provider, terms.currency),
    owed,
  );
  const events = [
    ...(held > 0n
      ? [PayoutPaid({ ...terms, noticeId, amount: held, provider, movement: terms.paymentId })]
      : []),
    ...(owed > 0n
      ? [PayoutUnfunded({ ...terms, noticeId, amount: owed, provider, movement: id, postings })]
      : []),
  ];
  return withReversals(known, events, notice, id);
}

const announced = (
  known: Known,
  { noticeId, outcome, provider, why }: Notice,
  amount: bigint,
): PaymentEvent =>
  (outcome === 'top_up_reinstated' ? ReinstatementAnnounced : ReversalAnnounced)({
    ...{ ...known.terms, amount, provider, noticeId, outcome },
    ...(why !== undefined && { why }),
  });

/**
 * A return, or what is with us again of one. Notices may come in any order, so one that says more than has moved waits for what
 * it is about; what is more than was ever asked for and has moved no order explains: it moves nothing, now or later.
 */
function comeBack(known: Known, notice: Notice, id: string, also: readonly PaymentEvent[]): Followed {
  const announcement = announced(known, notice, notice.amount);
  const after = evolveKnown(known, announcement);
  const unmatched = beyond(after);
  const most = larger(known.terms.amount, known.moved);
  if (after.announced > most || after.announced < -most || known.unmatched.length >= UNMATCHED_NOTICES)
    return differs(known);
  const waiting = unmatched > 0n ? [NoticeUnmatched({ ...told(notice), unmatched })] : [];
  return withReversals(known, [announcement, ...waiting, ...also], notice, id);
}

/** A failure behind the payment is a return of all that has not come back. */
function failPayout(known: Known, notice: Notice, id: string): Followed {
  const { terms } = known;
  if (waits(known))
    return [PayoutFailed({ ...terms, noticeId: notice.noticeId, why: notice.why ?? 'declined' })];
  const out = known.moved - known.announced;
  return out > 0n ? withReversals(known, [announced(known, notice, out)], notice, id) : [noted(notice)];
}

/** Where a notice leads that is about this payment; a rejection where it cannot be. `id` names what it moves. */
export function follow(known: Known, notice: Notice, id: string): Followed {
  switch (notice.outcome) {
    case 'top_up_confirmed':
      return confirmTopUp(known, notice, id);
    case 'top_up_failed':
      return failTopUp(known, notice);
    case 'payout_paid':
      return payOut(known, notice, id);
    case 'payout_failed':
      return failPayout(known, notice, id);
    case 'top_up_returned':
    case 'top_up_charged_back':
    case 'top_up_reinstated':
      return comeBack(known, notice, id, []);
    case 'payout_returned': {
      // Who hears of the return first need not wait for the payment: nothing has left, as far as is known.
      const failed = waits(known) ? [PayoutFailed({ ...known.terms, why: notice.why ?? 'returned' })] : [];
      return comeBack(known, notice, id, failed);
    }
    default:
      return unreachable(notice.outcome);
  }
}
