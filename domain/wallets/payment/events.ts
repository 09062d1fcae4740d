import { z } from 'zod';
import { MovementId, PaymentId, PersonId } from '../../kernel/ids.ts';
import { Instant } from '../../kernel/instant.ts';
import { capability, event, refusalShape } from '../../kernel/message.ts';
import { Currency, PositiveMinorUnits } from '../../kernel/money.ts';
import { PaymentNotice, ProviderName } from '../../kernel/ports/payments.ts';
import { Postings } from '../posting.ts';

// Streams `payment-<paymentId>`: one payment at the provider, in or out. This is the permanent storage format.

const payment = { paymentId: PaymentId, person: PersonId, currency: Currency, amount: PositiveMinorUnits };
/** Until when the provider may be asked for it. Not known of the first. */
const beginsUntil = Instant.optional();
const why = z.string().max(200);
const { noticeId } = PaymentNotice.shape;
/** How many notices of one payment wait for what they return to be told; one more is refused. */
export const UNMATCHED_NOTICES = 100;
/** The notice that said so; not known of the first payments, nor where the provider declined at once. */
const said = { noticeId: noticeId.optional() };

/**
 * What credits say of money that came in by a payment after its first part: its movement is not the payment's id. Not known of
 * the first, which could not say it.
 */
export const laterPart = { paymentId: PaymentId.optional() };

export const TopUpInitiated = event('TopUpInitiated', {
  version: 1,
  published: true,
  description: 'A payment into a wallet begins; the provider is asked next.',
  data: { ...payment, expiresAt: beginsUntil },
});
export const TopUpRequiresAction = event('TopUpRequiresAction', {
  version: 1,
  published: true,
  description: 'The person must confirm the payment on a page of the provider before it expires.',
  data: { ...payment, provider: ProviderName, url: capability(z.url().max(500)), expiresAt: Instant },
});
export const TopUpConfirmed = event('TopUpConfirmed', {
  version: 1,
  published: true,
  description:
    'The provider holds this amount for us, whatever was asked for; it waits in clearing for the wallet.',
  data: { ...payment, ...said, provider: ProviderName, movement: MovementId, postings: Postings },
});
export const TopUpFailed = event('TopUpFailed', {
  version: 1,
  published: { without: ['why'] },
  description: 'The provider or the person declined the payment.',
  data: { ...payment, ...said, why },
});
export const TopUpExpired = event('TopUpExpired', {
  version: 1,
  published: true,
  description:
    'The payment was not begun or not confirmed in time. A confirmation that comes later still counts.',
  data: payment,
});
export const PayoutInitiated = event('PayoutInitiated', {
  version: 1,
  published: true,
  description: 'A payment out of a wallet begins; what it pays is held, and the provider is asked next.',
  data: payment,
});
export const PayoutSubmitted = event('PayoutSubmitted', {
  version: 1,
  published: true,
  description: 'The provider has taken the payout on.',
  data: { ...payment, provider: ProviderName },
});
export const PayoutPaid = event('PayoutPaid', {
  version: 1,
  published: true,
  description: 'The provider has paid the person; the held money is captured next.',
  data: { ...payment, ...said, provider: ProviderName, movement: MovementId },
});
export const PayoutFailed = event('PayoutFailed', {
  version: 1,
  published: { without: ['why'] },
  description: 'The provider did not pay; the held money is released next.',
  data: { ...payment, ...said, why },
});
export const PayoutSettled = event('PayoutSettled', {
  version: 1,
  published: true,
  description: 'The captured money has left clearing for the provider, who had paid it out.',
  data: { ...payment, provider: ProviderName, movement: MovementId, postings: Postings },
});
/** The second version says why, as the provider tells it. */
const announcement = {
  version: 2,
  published: { without: ['why'] as const },
  data: {
    ...payment,
    provider: ProviderName,
    noticeId,
    outcome: PaymentNotice.shape.outcome,
    why: why.optional(),
  },
  upcasts: { 1: (data: Readonly<Record<string, unknown>>) => data },
};
export const ReversalAnnounced = event('ReversalAnnounced', {
  description:
    'The provider says that money of this payment went back. It is booked as far as it is known to have come or gone.',
  ...announcement,
});
export const ReinstatementAnnounced = event('ReinstatementAnnounced', {
  description:
    'The provider says that money which went back is with us again. It is booked as far as it is known to have gone back.',
  ...announcement,
});
export const NoticeUnmatched = event('NoticeUnmatched', {
  version: 1,
  published: { without: ['why'] },
  description:
    'A genuine notice of a return says more than is known to have moved: what is beyond it is booked when that is told, and waits for a person until then.',
  data: {
    ...PaymentNotice.shape,
    provider: ProviderName,
    /** Of all returns together, what is beyond what has moved. */
    unmatched: PositiveMinorUnits,
  },
});
export const NoticesMatched = event('NoticesMatched', {
  version: 1,
  description: 'All returns that were told before what they return are matched by what has moved.',
  data: {
    paymentId: PaymentId,
    provider: ProviderName,
    notices: z.array(PaymentNotice.shape.noticeId).max(UNMATCHED_NOTICES),
  },
});
export const TopUpReversed = event('TopUpReversed', {
  version: 1,
  published: true,
  description:
    'Money that had come in went back to whoever paid it: the person owes it until their wallet gives it back.',
  data: { ...payment, provider: ProviderName, movement: MovementId, postings: Postings },
});
export const TopUpReinstated = event('TopUpReinstated', {
  version: 1,
  published: true,
  description:
    'Money that had gone back to whoever paid it is with us again; it waits in clearing for the wallet.',
  data: { ...payment, provider: ProviderName, movement: MovementId, postings: Postings },
});
export const PayoutReturned = event('PayoutReturned', {
  version: 1,
  published: true,
  description: 'Money that was paid out came back from the bank; it waits in clearing for the wallet.',
  data: { ...payment, provider: ProviderName, movement: MovementId, postings: Postings },
});
export const PayoutUnfunded = event('PayoutUnfunded', {
  version: 1,
  published: true,
  description:
    'The provider paid out what nothing is held for any more: the person owes it until their wallet gives it back.',
  data: { ...payment, ...said, provider: ProviderName, movement: MovementId, postings: Postings },
});
export const NoticeNoted = event('NoticeNoted', {
  version: 1,
  published: { without: ['why'] },
  description:
    'A genuine notice of the provider that says what was known already: it is kept and nothing moved.',
  data: { ...PaymentNotice.shape, provider: ProviderName },
});
export const NoticeRefused = event('NoticeRefused', {
  version: 1,
  description:
    'A genuine notice of the provider that does not fit what we know: it is kept and nothing moved.',
  refusal: true,
  data: { ...PaymentNotice.shape, provider: ProviderName, ...refusalShape },
});
export const events = [
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
  ReversalAnnounced,
  ReinstatementAnnounced,
  NoticeUnmatched,
  NoticesMatched,
  TopUpReversed,
  TopUpReinstated,
  PayoutReturned,
  PayoutUnfunded,
  NoticeNoted,
  NoticeRefused,
] as const;
