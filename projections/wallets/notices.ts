import { NoticeRefused } from '#domain/wallets/payment/messages.ts';
import { type View, view } from '../view.ts';
import { RefusedNoticeDocument } from './documents.ts';

/** What the provider told and nobody acted on: one document for each such notice, whether its payment is known or not. */
export const refusedNotices: View = view({
  name: 'refused-notices',
  version: 1,
  description: 'Genuine notices of payment providers that do not fit what is known of the payment.',
  document: RefusedNoticeDocument,
  indexes: [
    { name: 'by-position', fields: [{ path: 'position', as: 'integer' }] },
    { name: 'by-payment', fields: [{ path: 'paymentId', as: 'text' }] },
    { name: 'by-code', fields: [{ path: 'code', as: 'text' }] },
  ],
  events: [NoticeRefused],
  key: ({ stream }) => stream,
  documents: ({ stream, revision }) => [`${stream}@${revision}`],
  on: {
    NoticeRefused(_none, { data, position, recordedAt }): RefusedNoticeDocument {
      const { noticeId, paymentId, outcome, amount, currency, provider, reason } = data;
      return {
        ...{ noticeId, paymentId, outcome, amount, currency, provider },
        code: reason.code,
        why: reason.message,
        position: position.toString(),
        recordedAt,
      };
    },
  },
});
