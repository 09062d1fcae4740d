import { emptyTable, type IdTable, withValue } from '../../kernel/id-table.ts';
import type { Instant } from '../../kernel/instant.ts';
import type { EventOf } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import type { events } from './messages.ts';

export type PaymentEvent = EventOf<(typeof events)[number]>;

/** What a payment is about; `amount` is what was asked for. */
export interface Terms {
  readonly paymentId: string;
  readonly person: string;
  readonly currency: string;
  readonly amount: bigint;
}

export interface Known {
  readonly direction: 'in' | 'out';
  readonly phase:
    | 'initiated'
    | 'requires_action'
    | 'submitted'
    | 'confirmed'
    | 'failed'
    | 'expired'
    | 'paid'
    | 'settled';
  readonly terms: Terms;
  readonly provider?: string;
  /** Of a payment in: until when it may begin; once it has a page, until when that is of use. */
  readonly expiresAt?: Instant;
  /** What has come in or was paid out in all, in minor units. */
  readonly moved: bigint;
  /** What a payout was captured for. */
  readonly captured: bigint;
  /**
   * What the provider says went back, less what it says is with us again, and how much of it is booked: no more than has
   * moved. Below zero, more is said to be back than had gone.
   */
  readonly announced: bigint;
  readonly reversed: bigint;
  /** Notices of returns that are not matched by what is known to have moved. */
  readonly unmatched: readonly string[];
}

export interface Payment {
  readonly known?: Known;
  /** Every notice that left an event which names it: each is decided once, however late it comes again. */
  readonly notices: IdTable<true>;
}

export const noPayment: Payment = { notices: emptyTable };

export const termsOf = ({ paymentId, person, currency, amount }: Terms): Terms => ({
  paymentId,
  person,
  currency,
  amount,
});

const begun = (direction: Known['direction'], terms: Terms): Known => ({
  ...{ direction, phase: 'initiated', terms: termsOf(terms) },
  ...{ moved: 0n, captured: 0n, announced: 0n, reversed: 0n, unmatched: [] },
});

/** What is known after an event of a payment that has begun. */
export function evolveKnown(known: Known, event: PaymentEvent): Known {
  switch (event.type) {
    case 'TopUpInitiated':
    case 'PayoutInitiated':
    case 'NoticeNoted':
    case 'NoticeRefused':
      return known;
    case 'TopUpRequiresAction':
      return { ...known, phase: 'requires_action', expiresAt: event.data.expiresAt };
    case 'TopUpConfirmed':
      return { ...known, phase: 'confirmed', moved: known.moved + event.data.amount };
    case 'TopUpFailed':
    case 'PayoutFailed':
      return { ...known, phase: 'failed' };
    case 'TopUpExpired':
      return { ...known, phase: 'expired' };
    case 'PayoutSubmitted':
      return { ...known, phase: 'submitted' };
    case 'PayoutPaid': {
      const { amount, provider } = event.data;
      return { ...known, phase: 'paid', provider, moved: known.moved + amount, captured: amount };
    }
    case 'PayoutUnfunded':
      return { ...known, moved: known.moved + event.data.amount };
    case 'PayoutSettled':
      return { ...known, phase: 'settled' };
    case 'ReversalAnnounced':
      return { ...known, announced: known.announced + event.data.amount };
    case 'ReinstatementAnnounced':
      return { ...known, announced: known.announced - event.data.amount };
    case 'NoticeUnmatched':
      return { ...known, unmatched: [...known.unmatched, event.data.noticeId] };
    case 'NoticesMatched':
      return { ...known, unmatched: [] };
    case 'TopUpReinstated':
      return { ...known, reversed: known.reversed - event.data.amount };
    case 'TopUpReversed':
    case 'PayoutReturned':
      return { ...known, reversed: known.reversed + event.data.amount };
    default:
      return unreachable(event);
  }
}

export function evolve({ known, notices }: Payment, event: PaymentEvent): Payment {
  const { data } = event;
  const seen =
    'noticeId' in data && data.noticeId !== undefined ? withValue(notices, data.noticeId, true) : notices;
  if (event.type === 'TopUpInitiated') {
    const { expiresAt } = event.data;
    return {
      notices: seen,
      known: { ...begun('in', event.data), ...(expiresAt !== undefined && { expiresAt }) },
    };
  }
  // One that could not begin in its time has no other event before.
  if (event.type === 'TopUpExpired' && known === undefined)
    return { notices: seen, known: { ...begun('in', event.data), phase: 'expired' } };
  if (event.type === 'PayoutInitiated') return { notices: seen, known: begun('out', event.data) };
  return known === undefined ? { notices: seen } : { notices: seen, known: evolveKnown(known, event) };
}
