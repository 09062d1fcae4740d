import { workflow } from '../kernel/workflow.ts';
import { type NoticeState, notice } from '../wallets/notice/decider.ts';
import { HandleNotice, noticeStream } from '../wallets/notice/messages.ts';
import { payment } from '../wallets/payment/decider.ts';
import { paymentStream } from '../wallets/payment/messages.ts';

/** Whoever sees to a notice must have nothing in its payment, whose own stream says whose it is. */
export const handleNotice = workflow({
  command: HandleNotice,
  reads: {
    notice: { decider: notice, stream: noticeStream, toEnd: true },
  },
  readsNext: {
    payment: {
      decider: payment,
      stream: ({ notice: { paymentId } }: { readonly notice: NoticeState }) =>
        paymentId === undefined ? undefined : paymentStream({ paymentId }),
      toEnd: true,
    },
  },
  precondition: ({ payment }) => payment.known?.terms.person,
  refuses: () => false,
  outcome: () => 'accepted',
});
