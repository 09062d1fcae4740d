import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemActor } from '#domain/kernel/actor.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { MAX_AMOUNT } from '#domain/kernel/money.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { PayoutInitiated, RecordProviderNotice, TopUpInitiated } from '#domain/wallets/payment/messages.ts';
import { CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { ClaimMoney } from '#domain/wallets/unclaimed/messages.ts';
import {
  CaptureHold,
  CloseIfGone,
  CloseWallet,
  CreditWallet,
  EndClaim,
  FundsCaptured,
  OpenWallet,
  ReleaseHold,
  RequestTopUp,
  ReserveFunds,
  Transfer,
  Withdraw,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import { person } from '#test/support/given.ts';
import { Bank } from '#test/support/money-bank.ts';
import { Ledger } from '#test/support/money-ledger.ts';
import { MoneyWorld, type Sent } from '#test/support/money-world.ts';

// Random histories of money: people ask, holds are made and ended, and the bank says of each payment whatever it likes, in any
// order and more than once.

const system = systemActor('test');
const currencies = ['USD', 'EUR'] as const;

/** What the bank may say of a payment, in and out. */
const words = {
  moved: ['top_up_confirmed', 'payout_paid'],
  failed: ['top_up_failed', 'payout_failed'],
  returned: ['top_up_returned', 'payout_returned'],
  'charged back': ['top_up_charged_back', 'payout_returned'],
  reinstated: ['top_up_reinstated', 'payout_returned'],
  /** Of the other direction. */
  astray: ['payout_paid', 'top_up_confirmed'],
} as const;
const notice = fc.record({
  word: fc.oneof(
    { weight: 5, arbitrary: fc.constant('moved' as const) },
    { weight: 2, arbitrary: fc.constant('failed' as const) },
    { weight: 1, arbitrary: fc.constantFrom('returned' as const, 'charged back' as const) },
    { weight: 1, arbitrary: fc.constant('reinstated' as const) },
    { weight: 1, arbitrary: fc.constant('astray' as const) },
  ),
  /** Of what the payment is about; or the most that a notice can say, of which two are more than one amount. */
  percent: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(100n, 100n, 100n, 30n, 60n, 120n) },
    { weight: 1, arbitrary: fc.constant('most' as const) },
  ),
  /** In another currency, or about a payment that nobody knows. */
  wrong: fc.oneof(
    { weight: 18, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('currency' as const, 'payment' as const) },
  ),
});
type Notice = typeof notice extends fc.Arbitrary<infer T> ? T : never;

const people = ['ann', 'bob', 'cy'] as const;
/** Sells what they buy, and has no wallet at first. */
export const seller = 'sue';
/** What a sale brings its seller, who gets it out of clearing; the house has the rest. */
export const proceedsOf = (captured: bigint): bigint => captured / 2n;

const someone = fc.constantFrom(...people, ...people, seller);
const amount = fc.bigInt({ min: 1n, max: 100n });
const currency = fc.constantFrom('USD', 'USD', 'USD', 'EUR');
const wallet = { who: someone, currency };
const claim = {
  ...wallet,
  holdId: fc.constantFrom('h1', 'h2'),
  claimId: fc.constantFrom('a', 'b', 'c'),
  amount,
};
const by = (who: string, command: Sent['command']): Sent => ({ by: person(who), command });
const bySystem = (command: Sent['command']): Sent => ({ by: system, command });
const asked: fc.Arbitrary<Sent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(wallet).map(({ who, currency }) => by(who, OpenWallet({ currency }))),
  },
  {
    weight: 3,
    arbitrary: fc.record(wallet).map(({ who, currency }) => by(who, CloseWallet({ currency }))),
  },
  {
    weight: 6,
    arbitrary: fc.record({ ...wallet, amount }).map(({ who, ...money }) => by(who, RequestTopUp(money))),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ ...wallet, to: someone, amount })
      .map(({ who, ...money }) => by(who, Transfer(money))),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(wallet)
      .map(({ who, currency }) => bySystem(WriteOffDebt({ person: who, currency, cause: 'too_small' }))),
  },
  {
    weight: 2,
    arbitrary: fc.record(wallet).map(({ who, currency }) => bySystem(CloseIfGone({ person: who, currency }))),
  },
  {
    weight: 1,
    arbitrary: fc.record(wallet).map(({ who, currency }) => by(who, ClaimMoney({ currency }))),
  },
  {
    weight: 3,
    arbitrary: fc.record({ ...wallet, amount }).map(({ who, ...money }) => by(who, Withdraw(money))),
  },
  {
    weight: 6,
    arbitrary: fc
      .record(claim)
      .map(({ who, ...it }) => bySystem(ReserveFunds({ ...it, person: who, purpose: 'bid' }))),
  },
  {
    weight: 3,
    arbitrary: fc
      .record(claim)
      .map(({ who, amount: _, ...it }) => bySystem(EndClaim({ ...it, person: who, reason: 'outbid' }))),
  },
  {
    weight: 3,
    arbitrary: fc.record(claim).map(({ who, currency, holdId, amount }) => {
      const movement = `sale-${who}-${holdId}-${currency}`;
      return bySystem(CaptureHold({ person: who, currency, holdId, amount: amount / 8n + 1n, movement }));
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record(claim)
      .map(({ who, currency, holdId }) =>
        bySystem(ReleaseHold({ person: who, currency, holdId, reason: 'unsold' })),
      ),
  },
);
// Before each command some of what waits is done, from either end, sometimes twice.
const step = fc.record({
  asked,
  work: fc.nat({ max: 6 }),
  last: fc.boolean(),
  twice: fc.boolean(),
  /** What the bank says of payments that begin in this step. */
  notices: fc.array(notice, { minLength: 1, maxLength: 5 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

// Without a bias: that would make them short, and let one thing be asked again and again.
export const histories = fc.noBias(fc.array(step, { maxLength: 100, size: 'max' }));

/** What stands outside: the bank's notices of a payment, and a sale, whose captured money goes to its seller and the house. */
function outside(event: RecordedEvent, notices: readonly Notice[]): readonly Sent[] {
  if (isRecorded(event, FundsCaptured)) {
    const { purpose, currency, amount, movement } = event.data;
    const proceeds = { person: seller, currency, amount: proceedsOf(amount), movement };
    const fees = { account: 'fees', currency, amount: amount - proceeds.amount, movement } as const;
    if (purpose !== 'bid') return [];
    return [
      bySystem(CreditPlatform({ ...fees, reason: 'fees' })),
      ...(proceeds.amount > 0n ? [bySystem(CreditWallet({ ...proceeds, reason: 'sale_proceeds' }))] : []),
    ];
  }
  if (!isRecorded(event, TopUpInitiated) && !isRecorded(event, PayoutInitiated)) return [];
  const { paymentId, currency, amount } = event.data;
  const way = isRecorded(event, TopUpInitiated) ? 0 : 1;
  return notices.map(({ word, percent, wrong }, at) =>
    bySystem(
      RecordProviderNotice({
        noticeId: `${paymentId}-${at}`,
        paymentId: wrong === 'payment' ? `${paymentId}-unknown` : paymentId,
        outcome: words[word][way],
        amount: percent === 'most' ? MAX_AMOUNT : (amount * percent + 99n) / 100n,
        currency: wrong === 'currency' ? otherThan(currency) : currency,
        provider: 'simulated',
      }),
    ),
  );
}

const otherThan = (currency: string): string => currencies.find((each) => each !== currency) ?? '';

/** Lives through a random history and checks the ledger after each event. */
export function live(steps: readonly Step[]): { world: MoneyWorld; ledger: Ledger; bank: Bank } {
  const world = new MoneyWorld();
  const ledger = new Ledger();
  const bank = new Bank();
  const send = (sent: Sent, notices: readonly Notice[]): void => {
    const events = world.send(sent);
    const { command, data } = sent.command;
    if (command === RecordProviderNotice.type) bank.says(data as PaymentNotice);
    if (typeof events === 'string') return;
    for (const event of events) {
      ledger.book(event);
      bank.see(event);
      world.waiting.push(...outside(event, notices));
    }
  };
  const work = (last: boolean, twice: boolean, notices: readonly Notice[]): boolean => {
    const next = last ? world.waiting.pop() : world.waiting.shift();
    if (next === undefined) return false;
    send(next, notices);
    if (twice) {
      const before = world.history.length;
      send(next, notices);
      assert.equal(world.history.length, before, `${next.command.command} twice did something twice`);
    }
    return true;
  };
  // At first everybody has a wallet in each currency.
  for (const who of people) for (const currency of currencies) send(by(who, OpenWallet({ currency })), []);
  for (const { asked: sent, work: times, last, twice, notices } of steps) {
    for (let at = 0; at < times; at++) work(last, twice, notices);
    send(sent, notices);
  }
  while (work(false, true, [{ word: 'moved', percent: 100n, wrong: undefined }]));
  return { world, ledger, bank };
}
