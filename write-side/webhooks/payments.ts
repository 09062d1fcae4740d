import { type Request, type Response, Router, raw } from 'express';
import { systemActor } from '#domain/kernel/actor.ts';
import { unsettledBy } from '#domain/kernel/chain.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { PaymentNotice, SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { Invalid, Overloaded, Unauthenticated } from '#domain/kernel/rejections.ts';
import { isSigned } from '#domain/kernel/signature.ts';
import { RecordProviderNotice } from '#domain/wallets/payment/messages.ts';

const BODY_LIMIT = '16kb';
const RETRY_AFTER_S = 1;

/** What a notice came to, as the provider reads it: only the status counts, the rest is for people. */
interface Answer {
  readonly status: number;
  readonly body: object;
}

function parse(body: Uint8Array): PaymentNotice | undefined {
  try {
    return PaymentNotice.safeDecode(JSON.parse(Buffer.from(body).toString('utf8'))).data;
  } catch {
    // Text that is no JSON is as invalid as JSON of another shape.
    return undefined;
  }
}

/**
 * Takes the provider's notices: `POST /` where it is mounted. A notice is believed for its signature, over the body as it
 * came, and for nothing else. It is answered 2xx only once what it says is durable, also where that is a refusal that was
 * kept: then there is nothing to repeat. Everything else asks the provider to come again. A notice's id is its
 * command's id, so one that comes twice is decided once. `secrets` are those in use, at most two during a change.
 */
export function paymentWebhooks({
  dispatch,
  provider,
  secrets,
  clock,
}: {
  dispatch: Dispatch;
  provider: string;
  secrets: readonly string[];
  clock: Clock;
}): Router {
  async function take(
    body: Uint8Array,
    signature: string | undefined,
    address: string | undefined,
  ): Promise<Answer> {
    if (!isSigned(secrets, clock.now(), body, signature)) return { status: 401, body: Unauthenticated({}) };
    const notice = parse(body);
    if (notice === undefined)
      return { status: 400, body: Invalid({ issues: [{ path: '', problem: 'not a notice of a payment' }] }) };
    const reply = await dispatch({
      command: RecordProviderNotice.type,
      data: { ...PaymentNotice.encode(notice), provider },
      commandId: notice.noticeId,
      actor: systemActor(`webhook.${provider}`),
      origin: { channel: 'webhook', ...(address !== undefined && { address }) },
    });
    if (unsettledBy(reply) !== undefined)
      return { status: 503, body: Overloaded({ retryAfterMs: RETRY_AFTER_S * 1_000 }) };
    if (reply.outcome !== 'rejected') return { status: 200, body: { outcome: 'recorded' } };
    const { code } = reply.rejection;
    // A refusal without a position was not kept: the notice itself is at fault (its id was used for another).
    return reply.position === undefined
      ? { status: 409, body: { outcome: 'rejected', code } }
      : { status: 200, body: { outcome: 'kept', code } };
  }

  const router = Router();
  router.post(
    '/',
    raw({ type: () => true, limit: BODY_LIMIT }),
    async (request: Request, response: Response) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const answer = await take(body, request.get(SIGNATURE_HEADER), request.ip?.slice(0, 64));
      if (answer.status === 503) response.set('retry-after', String(RETRY_AFTER_S));
      response.status(answer.status).json(answer.body);
    },
  );
  return router;
}
