import { z } from 'zod';
import { PaymentId, type PersonId } from '../ids.ts';
import { Instant } from '../instant.ts';
import { capability } from '../message.ts';
import { Currency, PositiveMinorUnits } from '../money.ts';

/** The provider's name, as it stands in accounts: `provider:<name>:<currency>`. */
export const ProviderName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .meta({ id: 'ProviderName', description: 'The name of a payment provider.' });

/** What the provider says at once when it is asked for a payment. The money itself is only ever in a notice. */
export const ProviderAnswer = z
  .discriminatedUnion('status', [
    z.object({
      status: z.literal('requires_action'),
      /** Where the person confirms; whoever knows it can. */
      url: capability(z.url().max(500)),
      expiresAt: Instant,
    }),
    z.object({ status: z.literal('submitted') }),
    z.object({ status: z.literal('declined'), why: z.string().max(200) }),
  ])
  .meta({ id: 'ProviderAnswer', description: 'The answer of a payment provider to a request.' });
export type ProviderAnswer = z.output<typeof ProviderAnswer>;
type AnswerTo<Status extends ProviderAnswer['status']> = Extract<ProviderAnswer, { status: Status }>;

/** A notice of the provider, the body of its signed webhook: what became of a payment. */
export const PaymentNotice = z
  .object({
    /** The provider's id of the notice; the same notice may come many times. */
    noticeId: z.string().min(1).max(64),
    paymentId: PaymentId,
    /**
     * `top_up_confirmed` and `payout_paid` say how much has come or gone in all; each return says how much went back by it, and
     * `top_up_reinstated` (a dispute that was won) how much of that is with us again.
     */
    outcome: z.enum([
      'top_up_confirmed',
      'top_up_failed',
      'top_up_returned',
      'top_up_charged_back',
      'top_up_reinstated',
      'payout_paid',
      'payout_failed',
      'payout_returned',
    ]),
    amount: PositiveMinorUnits,
    currency: Currency,
    why: z.string().max(200).optional(),
  })
  .meta({ id: 'PaymentNotice', description: 'What a payment provider tells us by webhook.' });
export type PaymentNotice = z.output<typeof PaymentNotice>;

/** The header that carries the signature of a webhook: `t=<milliseconds>,v1=<hex of HMAC-SHA256 over "t.body">`. */
export const SIGNATURE_HEADER = 'payment-signature';

export interface PaymentRequest {
  /** Ours, and the provider's idempotency key: the same id is one payment, whatever is sent again. */
  readonly paymentId: PaymentId;
  readonly person: PersonId;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: Currency;
}

/**
 * Whoever moves money in and out of the house. Both calls are idempotent by payment id. A promise that rejects means
 * that the outcome is unknown: ask again with the same id. The provider knows by the person where a payout goes.
 */
export interface PaymentProvider {
  readonly name: string;
  createTopUp(request: PaymentRequest): Promise<AnswerTo<'requires_action' | 'declined'>>;
  submitPayout(request: PaymentRequest): Promise<AnswerTo<'submitted' | 'declined'>>;
}
