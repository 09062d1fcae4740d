import { z } from 'zod';
import { derivedId } from '../../kernel/canonical.ts';
import { command, event, rejection } from '../../kernel/message.ts';
import { ProviderName } from '../../kernel/ports/payments.ts';
import { someText } from '../../kernel/text.ts';

// Streams `notice-<waitingId>`: a genuine notice of a provider that waits for a person to look at it. This is the permanent
// storage format.

/** Ours: a provider's notice that nobody can read need not have one. */
export const WaitingId = z
  .string()
  .regex(/^[0-9a-f-]{36}$/)
  .meta({
    id: 'WaitingId',
    description: 'A notice of a payment provider that waits for somebody to look at it.',
  });

/** Under which a notice waits that was refused by the stream of its payment. */
export const refusedNoticeId = (
  provider: string,
  { paymentId, noticeId }: { readonly paymentId: string; readonly noticeId: string },
): string => derivedId('refused notice', provider, paymentId, noticeId);

const kept = {
  waitingId: WaitingId,
  provider: ProviderName,
  /** The code of the rejection that it met, `invalid` where it could not be read. */
  why: z.string().max(64),
  /** As it came, when it is text; else in Base64. */
  body: z.string().max(32 * 1024),
};

export const NoticeKept = event('NoticeKept', {
  version: 1,
  description: 'A signed notice of the provider that the platform cannot follow: somebody has to look.',
  data: kept,
});
export const NoticeHandled = event('NoticeHandled', {
  version: 1,
  description: 'Somebody of the house has seen to the notice.',
  data: { waitingId: WaitingId, note: z.string() },
});

export const NoticeUnknown = rejection('notice_unknown', {
  message: 'No notice waits under this id.',
  status: 404,
});

const stream = ({ waitingId }: { waitingId: string }): string => `notice-${waitingId}`;

export const KeepNotice = command('KeepNotice', {
  description: 'Keeps a signed notice for somebody to look at.',
  from: 'process',
  data: kept,
  stream,
});
export const HandleNotice = command('HandleNotice', {
  description: 'Records what was done about a notice of the payment provider that nothing could follow.',
  from: ['auctioneer', 'clerk'],
  data: { waitingId: WaitingId, note: someText(500) },
  stream,
  rejections: [NoticeUnknown],
});

export const noticeEvents = [NoticeKept, NoticeHandled] as const;
export const noticeCommands = [KeepNotice, HandleNotice] as const;
