import { amount, type Complain, type RawEvent, type Rules, text } from './raw.ts';

type Phase = 'asked' | 'begun' | 'waiting' | 'confirmed' | 'failed' | 'expired' | 'paid' | 'settled';
interface Payment {
  phase: Phase;
  amount: bigint;
  direction: 'in' | 'out';
  /** By a payout. */
  paid?: bigint;
}

/** What may come after what: money that has come in counts whatever was thought before, and counts once. */
const after: Readonly<Record<string, { readonly from: readonly Phase[]; readonly to: Phase }>> = {
  TopUpInitiated: { from: ['asked'], to: 'begun' },
  TopUpRequiresAction: { from: ['begun'], to: 'waiting' },
  TopUpConfirmed: { from: ['begun', 'waiting', 'failed', 'expired', 'confirmed'], to: 'confirmed' },
  TopUpFailed: { from: ['begun', 'waiting', 'expired'], to: 'failed' },
  TopUpExpired: { from: ['asked', 'begun', 'waiting'], to: 'expired' },
  PayoutInitiated: { from: ['asked'], to: 'begun' },
  PayoutSubmitted: { from: ['begun'], to: 'waiting' },
  PayoutPaid: { from: ['begun', 'waiting'], to: 'paid' },
  PayoutFailed: { from: ['begun', 'waiting'], to: 'failed' },
  PayoutSettled: { from: ['paid'], to: 'settled' },
};

/** What is booked is what came or went, whatever was asked for. */
const moves: ReadonlySet<string> = new Set(['TopUpConfirmed', 'PayoutPaid', 'PayoutSettled']);

/** Payments in and out, each to one end. */
export function payments(): Rules {
  const known = new Map<string, Payment>();
  /** Notices that were followed, by payment and what came of them. */
  const told = new Set<string>();
  /** Withdrawals whose hold has not ended. */
  const held = new Set<string>();

  function ask(
    data: RawEvent['data'],
    id: string,
    direction: Payment['direction'],
    complain: Complain,
  ): void {
    if (known.has(id)) complain(`${id} was asked for before`);
    known.set(id, { phase: 'asked', amount: amount(data.amount), direction });
  }

  /** Whatever is told twice is followed once. */
  function notice(type: string, { paymentId, noticeId }: RawEvent['data'], complain: Complain): void {
    if (noticeId === undefined) return;
    const name = `${paymentId} ${noticeId} ${type}`;
    if (told.has(name)) complain(`the payment is confirmed or ended by ${noticeId} before`);
    told.add(name);
  }

  function step({ type, data }: RawEvent, complain: Complain): void {
    const rule = after[type];
    if (rule === undefined) return;
    const payment = known.get(text(data.paymentId));
    if (payment === undefined) {
      complain('nobody has asked for this payment');
      return;
    }
    notice(type, data, complain);
    if (!rule.from.includes(payment.phase)) complain(`the payment is ${payment.phase}`);
    if (type === 'PayoutPaid') payment.paid = amount(data.amount);
    if (type === 'PayoutSettled' && payment.paid !== amount(data.amount))
      complain(`${payment.paid} were paid`);
    if (!moves.has(type) && payment.amount !== amount(data.amount))
      complain(`the payment is about ${payment.amount}`);
    if (type.startsWith('TopUp') !== (payment.direction === 'in')) complain('the payment goes the other way');
    payment.phase = rule.to;
  }

  return {
    see(event, complain) {
      const { type, stream, data } = event;
      if (stream.startsWith('payment-')) step(event, complain);
      else if (type === 'TopUpRequested') ask(data, text(data.paymentId), 'in', complain);
      else if (type === 'FundsReserved' && data.purpose === 'withdrawal') {
        ask(data, text(data.holdId), 'out', complain);
        held.add(text(data.holdId));
      } else if (type === 'FundsCaptured' || type === 'FundsReleased') held.delete(text(data.holdId));
    },
    atRest(complain) {
      for (const [id, { phase, direction }] of known) {
        if (phase === 'begun' || (phase === 'asked' && direction === 'in'))
          complain(`the payment ${id} has stopped where it began`);
        if (phase === 'paid') complain(`the payout ${id} was never settled`);
        if (direction === 'out' && held.has(id) && phase !== 'waiting')
          complain(`the funds of the withdrawal ${id} are still held`);
      }
    },
  };
}
