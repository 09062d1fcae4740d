import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Request, type Response, Router } from 'express';
import { systemActor } from '#domain/kernel/actor.ts';
import { derivedId } from '#domain/kernel/canonical.ts';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { PaymentNotice, SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { BadSignature, Invalid, Overloaded } from '#domain/kernel/rejections.ts';
import { isSigned } from '#domain/kernel/signature.ts';
import { beginningOf, KeepNotice, refusedNoticeId, UNMATCHED } from '#domain/wallets/notice/messages.ts';
import { NoticeUnmatched, RecordProviderNotice } from '#domain/wallets/payment/messages.ts';
import { safeDecode } from '#domain/zod/encoding.ts';
import { unsettledBy } from '#runtime/chain.ts';
import { declaredLength } from '#runtime/headers.ts';
import { readJsonText, readUtf8 } from '#runtime/json-text.ts';
import { RefusedRequestError } from '#runtime/refused-request.ts';
import { readBytes } from '../rest/body.ts';
import type { UnreadNotices } from './unread-notices.ts';

const RETRY_AFTER_S = 1;
/** Of bodies that nobody reads: too long, or in an encoding. */
const UNREAD: ReadonlySet<number> = new Set([413, 415]);

/** What a notice came to, as the provider reads it: only the status counts, the rest is for people. */
export interface NoticeAnswer {
  readonly status: number;
  readonly body: object;
}

const no = (status: number, { code, message, details }: Rejection): NoticeAnswer => ({
  status,
  body: { code, message, details },
});

export interface NoticesOptions {
  readonly dispatch: Dispatch;
  readonly provider: string;
  readonly secrets: readonly string[];
  readonly clock: Clock;
}

const later = (): NoticeAnswer => no(503, Overloaded({ retryAfterMs: RETRY_AFTER_S * 1_000 }));

/** What is kept of a body whose text this is. */
function keptOf(body: Uint8Array, text: string) {
  const beginning = beginningOf(text);
  if (beginning === text) return { body: text };
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { body: beginning, whole: { bytes: body.length, sha256 } };
}

/** The body as it came; what is no text, in Base64. */
function textOf(body: Uint8Array): string {
  try {
    return readUtf8(body);
  } catch {
    return Buffer.from(body).toString('base64');
  }
}

function parse(body: Uint8Array): PaymentNotice | undefined {
  try {
    return safeDecode(PaymentNotice, readJsonText(readUtf8(body))).data;
  } catch {
    // Text that is no JSON is as invalid as JSON of another shape.
    return undefined;
  }
}

/**
 * Takes the provider's notices: `POST /` where it is mounted. A notice is believed for its signature, over the body as it
 * came, and for nothing else. Then it is always kept: recorded with its payment, or, where nothing can follow it (another
 * kind, no notice at all, an id that was used for another, a return of what has not moved), for somebody to look at. It is answered 2xx only once that is
 * durable, and says `recorded` only where something was. Everything else asks the provider to come again. A notice's id is its
 * command's id, so one that comes twice is decided once. A body that no limit lets in is refused, and `unread` is told. `secrets` are those in use, at most two during a change.
 */
export function paymentWebhooks({
  addressOf,
  unread,
  ...options
}: NoticesOptions & {
  readonly unread: Pick<UnreadNotices, 'note'>;
  /** From where a request comes; undefined: whoever asked has gone. */
  readonly addressOf: (request: IncomingMessage) => string | undefined;
}): Router {
  const take = noticesTaker(options);
  const router = Router();
  router.post('/', async (request: Request, response: Response) => {
    const signature = request.get(SIGNATURE_HEADER);
    const body = await readBytes(request).catch((error: unknown) => {
      const isRefused = error instanceof RefusedRequestError && UNREAD.has(error.answer.status);
      if (isRefused && signature !== undefined)
        unread.note({
          status: error.answer.status,
          address: addressOf(request),
          bytes: declaredLength(request.headers),
        });
      throw error;
    });
    const answer = await take(body, signature, addressOf(request));
    if (answer.status === 503) response.set('retry-after', String(RETRY_AFTER_S));
    // HTTP wants a 401 to say what would be believed: here it is no token, but the signature.
    if (answer.status === 401) response.set('WWW-Authenticate', `${SIGNATURE_HEADER} realm="annals"`);
    response.status(answer.status).json(answer.body);
  });
  return router;
}

/** The same without a transport: what a body under this signature comes to. */
export function noticesTaker({
  dispatch,
  provider,
  secrets,
  clock,
}: NoticesOptions): (
  body: Uint8Array,
  signature: string | undefined,
  address: string | undefined,
) => Promise<NoticeAnswer> {
  return async (body, signature, address) => {
    if (!isSigned(secrets, clock.now(), body, signature))
      return no(401, BadSignature({ header: SIGNATURE_HEADER }));
    const origin = { channel: 'webhook' as const, ...(address !== undefined && { address }) };
    const actor = systemActor(`webhook.${provider}`);
    /** For somebody to look at. The same body waits once. */
    async function keep(why: string, waitingId: string): Promise<NoticeAnswer> {
      const data = { waitingId, provider, why, ...keptOf(body, text) };
      const kept = await dispatch({ command: KeepNotice.type, data, commandId: waitingId, actor, origin });
      return unsettledBy(kept) === undefined
        ? { status: 200, body: { outcome: 'kept', code: why } }
        : later();
    }
    const text = textOf(body);
    const unread = derivedId('unread notice', provider, text);
    const notice = parse(body);
    if (notice === undefined) return keep(Invalid.code, unread);
    const reply = await dispatch({
      command: RecordProviderNotice.type,
      data: { ...PaymentNotice.encode(notice), provider },
      commandId: notice.noticeId,
      actor,
      origin,
    });
    if (unsettledBy(reply) !== undefined) return later();
    if (reply.outcome !== 'rejected' && reply.events.some(({ type }) => type === NoticeUnmatched.type))
      return keep(UNMATCHED, refusedNoticeId(provider, notice));
    if (reply.outcome !== 'rejected')
      return { status: 200, body: { outcome: reply.events.length > 0 ? 'recorded' : 'known' } };
    const { code } = reply.rejection;
    // A refusal without a position was not kept: the notice itself is at fault (its id was used for another).
    return keep(code, reply.position === undefined ? unread : refusedNoticeId(provider, notice));
  };
}
