import { Router } from 'express';
import { z } from 'zod';
import { PaymentId } from '#domain/kernel/ids.ts';
import { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { invalid, NotFound, RejectedError } from '#domain/kernel/rejections.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import { readJson } from '#write-side/rest/body.ts';
import type { DevelopmentOperation } from '#write-side/rest/openapi/development.ts';
import type { SimulatedProvider } from './payments.ts';

/** What the provider is to say; of which payment stands in the path, and its currency is the payment's. */
const Said = PaymentNotice.pick({ outcome: true, amount: true, why: true }).strict();

const NoticeTold = z.object({ noticeId: PaymentNotice.shape.noticeId });

export const paymentOperations: readonly DevelopmentOperation[] = [
  {
    path: '/dev/payments/{paymentId}',
    method: 'post',
    operationId: 'TellOfPayment',
    summary:
      'The simulated provider says this of the payment, by a signed notice like any other, whatever it has said before.',
    parameters: { paymentId: PaymentId },
    body: { name: 'PaymentTelling', schema: Said },
    answer: { status: 202, description: 'The notice is on its way.', name: 'NoticeTold', schema: NoticeTold },
    rejections: [NotFound],
  },
];

/**
 * `POST /dev/payments/<paymentId> { outcome, amount, why? }` → 202 `{ noticeId }`: the simulated provider says so of the payment,
 * by a signed notice like any other, whatever it has said before. It exists so that whoever develops against the platform sees
 * partial amounts, returns, chargebacks, debts and contradictions without a bank that has them.
 */
export function developmentPayments(provider: Pick<SimulatedProvider, 'tell'>): Router {
  const router = Router();
  router.post('/dev/payments/:paymentId', async ({ params }, response) => {
    const parsed = safeDecode(Said, await readJson(response.req));
    if (!parsed.success) throw new RejectedError(invalid(parsed.error.issues));
    const notice = provider.tell(params.paymentId, parsed.data);
    if (notice === undefined) throw new RejectedError(NotFound({ what: 'payment' }));
    response.status(202).json({ noticeId: notice.noticeId });
  });
  return router;
}
