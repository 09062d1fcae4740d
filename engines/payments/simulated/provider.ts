import { randomBytes } from 'node:crypto';
import { derivedId } from '#domain/kernel/canonical.ts';
import { isOver } from '#domain/kernel/deadline.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { PaymentNotice, PaymentProvider, PaymentRequest } from '#domain/kernel/ports/payments.ts';
import { type Deliver, deliveryOf } from './delivery.ts';
import { type Ledger, openLedger, type ProviderPayment } from './ledger.ts';

/** How long a person has to confirm a payment, in milliseconds. */
const CONFIRM_WITHIN_MS = 30 * 60 * 1_000;

/** What came of a person's decision on the 3-D Secure page. */
export type Decided = 'confirmed' | 'declined' | 'expired' | 'unknown';

/** Who sends its notices, as they are signed and recorded. */
export const simulatedName = 'simulated';

export interface SimulatedProvider extends PaymentProvider {
  /** The payment that a page is about, and what has been decided of it, by now; undefined when the token is wrong. */
  shown(
    token: string,
  ): { readonly payment: ProviderPayment; readonly decided: Decided | undefined } | undefined;
  /** The person's decision; the first one counts, and each tells us by a notice. */
  decide(token: string, decision: 'confirm' | 'decline'): Decided;
  /** Whether it was ever asked for this payment. */
  remembers(paymentId: string): boolean;
  /**
   * From where on it knows what it was asked for, in the words of whoever asks; undefined: from the first payment on. Told by
   * `beginAnew`, durably, where its memory was lost.
   */
  since(): string | undefined;
  beginAnew(since: string): void;
  /**
   * Says something of a payment by a notice of its own, whatever was said before: a part, a return, a contradiction. Nothing of
   * it is true or false here, because no money moves. Undefined: it knows no such payment.
   */
  tell(paymentId: string, said: Pick<PaymentNotice, 'outcome' | 'amount' | 'why'>): PaymentNotice | undefined;
  /** Notices that were never taken by our webhook. */
  undelivered(): number;
  close(): Promise<void>;
}

export interface SimulatedProviderOptions {
  /** Its database; `:memory:` for none. */
  readonly file: string;
  /** Where its pages are mounted; asked for each payment, since a port may be chosen late. */
  readonly pageUrl: () => string;
  readonly secret: string;
  readonly deliver: Deliver;
  readonly clock: Clock;
  /** Times the repeats of notices where `clock` is a simulated one; by default they are the same. */
  readonly pauseClock?: Clock;
  /** Why a payment is declined, if it is. */
  readonly declines?: (request: PaymentRequest) => string | undefined;
  /** Makes what opens a payment's page, which nobody may guess, and names what is told beside. */
  readonly newToken?: () => string;
}

const sameTerms = (known: ProviderPayment, direction: string, request: PaymentRequest): boolean =>
  known.direction === direction &&
  known.person === request.person &&
  known.amount === request.amount.toString() &&
  known.currency === request.currency;

const noticeOf = (
  payment: ProviderPayment,
  outcome: PaymentNotice['outcome'],
  why?: string,
): PaymentNotice => ({
  // One notice for each payment and outcome: made again after a crash, it is still the same one.
  noticeId: derivedId('simulated', payment.id, outcome),
  paymentId: payment.id,
  outcome,
  amount: BigInt(payment.amount),
  currency: payment.currency,
  ...(why !== undefined && { why }),
});

/** What a page shows of a payment of which that was told. */
const statusAfter: Partial<Record<PaymentNotice['outcome'], ProviderPayment['status']>> = {
  top_up_confirmed: 'confirmed',
  top_up_failed: 'declined',
  payout_paid: 'paid',
};

/** Keeps what has become of a payment, together with the notice that tells it. */
type Settle = (payment: ProviderPayment, status: ProviderPayment['status'], notice: PaymentNotice) => void;

/** What people do on the pages of payments. */
function confirmations(
  ledger: Ledger,
  clock: Clock,
  settle: Settle,
): Pick<SimulatedProvider, 'shown' | 'decide'> {
  /** What has come of its page by now; undefined: it may still be answered. */
  function decidedOf({
    status,
    expires_at,
  }: ProviderPayment): 'confirmed' | 'declined' | 'expired' | undefined {
    if (status === 'confirmed' || status === 'declined') return status;
    return isOver(expires_at, clock.now()) ? 'expired' : undefined;
  }

  return {
    shown(token) {
      const payment = ledger.byToken(token);
      return payment && { payment, decided: decidedOf(payment) };
    },
    decide(token, decision) {
      const payment = ledger.byToken(token);
      if (payment === undefined) return 'unknown';
      const decided = decidedOf(payment);
      if (decided !== undefined) return decided;
      const status = decision === 'confirm' ? 'confirmed' : 'declined';
      const notice =
        decision === 'confirm'
          ? noticeOf(payment, 'top_up_confirmed')
          : noticeOf(payment, 'top_up_failed', 'declined by the person');
      settle(payment, status, notice);
      return status;
    },
  };
}

/**
 * A payment provider that moves no money and otherwise behaves like one: it remembers payments over restarts, has a page
 * where the person confirms, and tells what became of them by signed notices, again and again until they are taken.
 *
 * @throws DamagedFileError for its ledger
 */
export function simulatedProvider(options: SimulatedProviderOptions): SimulatedProvider {
  const { file, pageUrl, secret, deliver, clock, pauseClock = clock, declines = () => undefined } = options;
  const { newToken = () => randomBytes(32).toString('base64url') } = options;
  const ledger = openLedger(file);
  const delivery = deliveryOf({ ledger, deliver, secret, clock, pauseClock });
  delivery.wake();

  const settle: Settle = (payment, status, notice) => {
    ledger.keep({ ...payment, status }, { notice, dueAt: pauseClock.now() });
    delivery.wake();
  };

  function begin(direction: 'in' | 'out', request: PaymentRequest): ProviderPayment | string {
    const known = ledger.payment(request.paymentId);
    if (known !== undefined)
      return sameTerms(known, direction, request) ? known : 'this id was used for another payment';
    const why = declines(request);
    if (why !== undefined) return why;
    return {
      id: request.paymentId,
      direction,
      person: request.person,
      amount: request.amount.toString(),
      currency: request.currency,
      token: direction === 'in' ? newToken() : null,
      status: 'waiting',
      expires_at: later(clock.now(), CONFIRM_WITHIN_MS),
    };
  }

  return {
    name: simulatedName,
    async createTopUp(request) {
      const payment = begin('in', request);
      if (typeof payment === 'string') return { status: 'declined', why: payment };
      ledger.keep(payment);
      return {
        status: 'requires_action',
        url: `${pageUrl()}/${payment.token}`,
        expiresAt: payment.expires_at,
      };
    },
    async submitPayout(request) {
      const payment = begin('out', request);
      if (typeof payment === 'string') return { status: 'declined', why: payment };
      if (payment.status === 'waiting') settle(payment, 'paid', noticeOf(payment, 'payout_paid'));
      return { status: 'submitted' };
    },
    ...confirmations(ledger, clock, settle),
    remembers: (paymentId) => ledger.payment(paymentId) !== undefined,
    since: ledger.since,
    beginAnew: ledger.beginAnew,
    tell(paymentId, { outcome, amount, why }) {
      const payment = ledger.payment(paymentId);
      if (payment === undefined) return undefined;
      const notice = { ...noticeOf(payment, outcome, why), noticeId: newToken(), amount };
      settle(payment, statusAfter[outcome] ?? payment.status, notice);
      return notice;
    },
    undelivered: () => ledger.givenUp(),
    async close() {
      await delivery.stop();
      ledger.close();
    },
  };
}
