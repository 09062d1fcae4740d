import { Router } from 'express';
import type { z } from 'zod';
import { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { NotFound, RejectedError } from '#domain/kernel/rejections.ts';
import { invalid, readJson } from '#write-side/rest/body.ts';
import type { SimulatedProvider } from './payments.ts';

/** What the provider is to say; of which payment stands in the path, and its currency is the payment's. */
const Said = PaymentNotice.pick({ outcome: true, amount: true, why: true }).strict();

/**
 * `POST /dev/payments/<paymentId> { outcome, amount, why? }` → 202 `{ noticeId }`: the simulated provider says so of the payment,
 * by a signed notice like any other, whatever it has said before. It exists so that whoever develops against the platform sees
 * partial amounts, returns, chargebacks, debts and contradictions without a bank that has them.
 */
export function developmentPayments(provider: Pick<SimulatedProvider, 'tell'>): Router {
  const router = Router();
  router.post('/dev/payments/:paymentId', async ({ params }, response) => {
    const parsed = Said.safeDecode((await readJson(response.req)) as z.input<typeof Said>);
    if (!parsed.success) throw invalid(parsed.error);
    const notice = provider.tell(params.paymentId, parsed.data);
    if (notice === undefined) throw new RejectedError(NotFound({ what: 'payment' }));
    response.status(202).json({ noticeId: notice.noticeId });
  });
  return router;
}
