import { NoticeHandled, NoticeKept } from '#domain/wallets/notice/messages.ts';
import { NoticeRefused, paymentStream } from '#domain/wallets/payment/messages.ts';
import { view } from '../view.ts';
import { NoticeDocument, RefusedNoticeDocument } from './documents.ts';

/** What the provider told and nobody acted on: one document for each such notice, whether its payment is known or not. */
export const refusedNoticesView = view({
  name: 'refused-notices',
  version: 1,
  description: 'Genuine notices of payment providers that do not fit what is known of the payment.',
  document: RefusedNoticeDocument,
  indexes: [
    { name: 'by-position', fields: [{ path: 'position', as: 'integer' }] },
    { name: 'by-payment', fields: [{ path: 'paymentId', as: 'text' }] },
    { name: 'by-code', fields: [{ path: 'code', as: 'text' }] },
  ],
  on: (when) => [
    when(NoticeRefused, (_none, { data, position, recordedAt }): RefusedNoticeDocument => {
      const { noticeId, paymentId, outcome, amount, currency, provider, reason } = data;
      return {
        ...{ noticeId, paymentId, outcome, amount, currency, provider },
        code: reason.code,
        why: reason.message,
        position: position.toString(),
        recordedAt,
      };
    }),
  ],
  key: ({ stream }) => stream,
  keysBy: { paymentId: (paymentId) => paymentStream({ paymentId }) },
  documents: ({ stream, revision }) => [`${stream}@${revision}`],
});

/** What waits for somebody of the house to look at it. */
export const noticesView = view({
  name: 'notices',
  version: 3,
  description: 'Signed notices of payment providers that nothing could follow.',
  document: NoticeDocument,
  indexes: [
    {
      name: 'by-status',
      fields: [
        { path: 'status', as: 'text' },
        { path: 'position', as: 'integer' },
      ],
    },
  ],
  on: (when) => [
    when(
      NoticeKept,
      (_before, { data, position, recordedAt }, id): NoticeDocument => ({
        ...{ id, provider: data.provider, status: 'waiting', why: data.why, body: data.body },
        ...(data.whole !== undefined && { whole: data.whole }),
        receivedAt: recordedAt,
        ...{ position: position.toString(), updatedAt: recordedAt },
      }),
    ),
    when(
      NoticeHandled,
      (before, { data: { waitingId: _, ...how }, recordedAt }): NoticeDocument | undefined =>
        before && { ...before, status: 'handled', ...how, updatedAt: recordedAt },
    ),
  ],
  key: ({ data }) => data.waitingId,
});
