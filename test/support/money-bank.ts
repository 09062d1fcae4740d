import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';

/** What the bank says of one payment, in all. Amounts in minor units. */
interface Said {
  readonly direction: 'in' | 'out';
  readonly wallet: string;
  readonly currency: string;
  readonly asked: bigint;
  /** What has come or gone, and what is said to have gone back, less what is said to be here again. */
  moved: bigint;
  back: bigint;
  /** Returns of more than has moved, until that is told. */
  readonly unmatched: Set<string>;
}

const most = (one: bigint, other: bigint): bigint => (one > other ? one : other);

/**
 * The mirror of the bank: it hears the same notices, in the order in which they are recorded, and reckons what has moved by
 * what they mean: a total is the most that was ever said, each return adds to what went back (a dispute that was won takes from
 * it), and no more goes back than moved: what is beyond it waits for that to be told. Of a payout that failed behind its payment
 * all went back. What contradicts that is left to a person, and a return of more than was asked for and has moved.
 */
export class Bank {
  readonly payments = new Map<string, Said>();
  /** Notices that nothing can follow. */
  readonly leftToPeople = new Set<string>();
  readonly #heard = new Set<string>();

  /** What is begun, it may speak of. */
  see({ type, data }: RecordedEvent): void {
    if (type !== 'TopUpInitiated' && type !== 'PayoutInitiated') return;
    const { paymentId, person, currency, amount } = data as {
      readonly paymentId: string;
      readonly person: string;
      readonly currency: string;
      readonly amount: bigint;
    };
    const direction = type === 'TopUpInitiated' ? 'in' : 'out';
    this.payments.set(paymentId, {
      ...{ direction, currency, wallet: `${person}:${currency}`, moved: 0n, back: 0n },
      ...{ asked: amount, unmatched: new Set() },
    });
  }

  says(notice: PaymentNotice): void {
    const { noticeId, paymentId } = notice;
    if (this.#heard.has(noticeId)) return;
    this.#heard.add(noticeId);
    const said = this.payments.get(paymentId);
    if (said === undefined || !this.#hears(said, notice)) this.leftToPeople.add(noticeId);
    if (said !== undefined && said.back >= 0n && said.back <= said.moved) said.unmatched.clear();
  }

  /** False: it cannot be so. */
  #hears(said: Said, { noticeId, outcome, amount, currency }: PaymentNotice): boolean {
    const way = outcome.startsWith('top_up') ? 'in' : 'out';
    if (way !== said.direction || currency !== said.currency) return false;
    switch (outcome) {
      case 'top_up_confirmed':
      case 'payout_paid': {
        const fits = amount >= said.moved;
        said.moved = most(said.moved, amount);
        return fits;
      }
      case 'top_up_failed':
        return said.moved === 0n;
      case 'payout_failed':
        said.back = most(said.back, said.moved);
        return true;
      case 'top_up_returned':
      case 'top_up_charged_back':
      case 'top_up_reinstated':
      case 'payout_returned': {
        const back = said.back + (outcome === 'top_up_reinstated' ? -amount : amount);
        const limit = most(said.asked, said.moved);
        if (back > limit || -back > limit) return false;
        said.back = back;
        if (back < 0n || back > said.moved) said.unmatched.add(noticeId);
        return true;
      }
      default:
        return unreachable(outcome);
    }
  }

  /** What has come to us by a payment when all is reckoned up; negative: what has gone. */
  netOf(paymentId: string): bigint {
    const said = this.payments.get(paymentId);
    if (said === undefined) return 0n;
    const back = most(said.back, 0n);
    const net = said.moved - (back < said.moved ? back : said.moved);
    return said.direction === 'in' ? net : -net;
  }
}
