import { canonical, type JsonObject } from '#domain/kernel/canonical.ts';
import { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { KeepNotice, refusedNoticeId } from '#domain/wallets/notice/messages.ts';
import { NoticeRefused } from '#domain/wallets/payment/messages.ts';

/** A notice that cannot be about its payment waits for a person: also where its webhook did not come so far. */
export const refusedNotices = reaction({
  name: 'refused-notices',
  events: [NoticeRefused],
  key: ({ stream }) => stream,
  on: {
    NoticeRefused({ data }) {
      const { provider, paymentId, noticeId, reason } = data;
      const waitingId = refusedNoticeId(provider, data);
      const { outcome, amount, currency, why } = data;
      const notice = { noticeId, paymentId, outcome, amount, currency, ...(why !== undefined && { why }) };
      const body = canonical(PaymentNotice.encode(notice) as JsonObject);
      return [{ command: KeepNotice({ waitingId, provider, why: reason.code, body }) }];
    },
  },
});
