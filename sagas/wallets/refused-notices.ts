import { canonical, type JsonObject } from '#domain/kernel/canonical.ts';
import type { Intent } from '#domain/kernel/intent.ts';
import { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { reaction } from '#domain/kernel/reaction.ts';
import { KeepNotice, MatchNotice, refusedNoticeId, UNMATCHED } from '#domain/wallets/notice/messages.ts';
import { NoticeRefused, NoticesMatched, NoticeUnmatched } from '#domain/wallets/payment/messages.ts';

function keep(why: string, notice: PaymentNotice & { readonly provider: string }): readonly Intent[] {
  const { provider, noticeId, paymentId, outcome, amount, currency, why: told } = notice;
  const waitingId = refusedNoticeId(provider, notice);
  const said = { noticeId, paymentId, outcome, amount, currency, ...(told !== undefined && { why: told }) };
  const body = canonical(PaymentNotice.encode(said) as JsonObject);
  return [{ command: KeepNotice({ waitingId, provider, why, body }) }];
}

/**
 * A notice that cannot be about its payment waits for a person: also where its webhook did not come so far. One that returns
 * what has not moved waits until that is told.
 */
export const refusedNotices = reaction({
  name: 'refused-notices',
  on: (when) => [
    when(NoticeRefused, ({ data }) => keep(data.reason.code, data)),
    when(NoticeUnmatched, ({ data }) => keep(UNMATCHED, data)),
    when(NoticesMatched, ({ data: { provider, paymentId, notices } }) =>
      notices.map((noticeId) => ({
        command: MatchNotice({ waitingId: refusedNoticeId(provider, { paymentId, noticeId }) }),
        purpose: noticeId,
      })),
    ),
  ],
  key: ({ stream }) => stream,
});
