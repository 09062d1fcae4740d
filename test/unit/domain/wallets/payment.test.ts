import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import type { PaymentNotice, ProviderAnswer } from '#domain/kernel/ports/payments.ts';
import { payment } from '#domain/wallets/payment/decider.ts';
import {
  ExpireTopUp,
  InitiatePayout,
  InitiateTopUp,
  RecordProviderAnswer,
  RecordProviderNotice,
  SettlePayout,
} from '#domain/wallets/payment/messages.ts';
import { platform } from '#domain/wallets/platform/decider.ts';
import { CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { decideOn, eventsOf, firstOf, lineOf, NOW, system } from '#test/support/given.ts';

const terms = { paymentId: 'p', person: 'ann', currency: 'USD', amount: 500n };
const topUp = InitiateTopUp(terms);
const payout = InitiatePayout(terms);
const answer = (given: ProviderAnswer) =>
  RecordProviderAnswer({ paymentId: 'p', provider: 'simulated', answer: given });
const EXPIRY = later(NOW, 30 * 60 * 1_000);
const page = answer({ status: 'requires_action', url: 'https://pay.example/t', expiresAt: EXPIRY });
const submitted = answer({ status: 'submitted' });
const declined = answer({ status: 'declined', why: 'no' });
const notice = (outcome: PaymentNotice['outcome'], more: Partial<PaymentNotice> = {}) =>
  RecordProviderNotice({
    noticeId: outcome,
    paymentId: 'p',
    outcome,
    amount: 500n,
    currency: 'USD',
    provider: 'simulated',
    ...more,
  });
const confirmed = notice('top_up_confirmed');
const paid = notice('payout_paid');
const expire = ExpireTopUp({ paymentId: 'p' });
const settle = SettlePayout({ paymentId: 'p' });

const isTimer = ({ command }: Command): boolean => command === ExpireTopUp.type;

/** Each command at noon, timers at their time. */
const history = (...commands: Command[]): readonly NewEvent[] => {
  const events: NewEvent[] = [];
  for (const command of commands)
    events.push(...eventsOf(decideOn(payment, events, command, { now: isTimer(command) ? EXPIRY : NOW })));
  return events;
};

/** The types of the events, with the code where one is a refusal; or the rejection's code. */
const line = (events: readonly NewEvent[], command: Command, now = NOW): string =>
  lineOf(decideOn(payment, events, command, { now }), ({ type, data }) =>
    'reason' in data ? `${type} ${(data.reason as { code: string }).code}` : type,
  );

test('a top-up: initiated, a page to confirm on, confirmed by a notice, each once', () => {
  assert.equal(line([], topUp), 'TopUpInitiated');
  assert.equal(line(history(topUp), topUp), '');
  assert.equal(line(history(topUp), page), 'TopUpRequiresAction');
  assert.equal(line(history(topUp, page), page), '');
  assert.equal(line(history(topUp, page), confirmed), 'TopUpConfirmed');
  assert.equal(line(history(topUp, page, confirmed), confirmed), '');
  const again = notice('top_up_confirmed', { noticeId: 'another' });
  assert.equal(line(history(topUp, page, confirmed), again), 'NoticeNoted');
  assert.equal(line(history(topUp, page, confirmed, again), again), '');
});

test('a confirmation moves the money from the provider into clearing', () => {
  assert.deepEqual(firstOf(decideOn(payment, history(topUp, page), confirmed)).postings, [
    { account: 'provider:simulated:USD', amount: -500n },
    { account: 'clearing:p:USD', amount: 500n },
  ]);
});

test('a notice may overtake the answer, which then says nothing new', () => {
  assert.equal(line(history(topUp), confirmed), 'TopUpConfirmed');
  assert.equal(line(history(topUp, confirmed), page), '');
  assert.equal(line(history(payout), paid), 'PayoutPaid');
  assert.equal(line(history(payout, paid), submitted), '');
});

test('money that comes late still counts, a late no does not', () => {
  const failed = notice('top_up_failed');
  assert.equal(line(history(topUp, page), expire, EXPIRY), 'TopUpExpired');
  assert.equal(line(history(topUp, page, expire), expire, EXPIRY), '');
  assert.equal(line(history(topUp, page, expire), confirmed), 'TopUpConfirmed');
  assert.equal(line(history(topUp, page), failed), 'TopUpFailed');
  assert.equal(line(history(topUp, page, failed), failed), '');
  assert.equal(line(history(topUp, page, failed), confirmed), 'TopUpConfirmed');
  assert.equal(line(history(topUp, page, expire), failed), 'TopUpFailed');
  assert.equal(line(history(topUp, page, confirmed), failed), 'NoticeRefused payment_over');
  assert.equal(line(history(topUp, page, confirmed), expire), '');
});

test('a page is of use up to its time: a timer that comes early ends nothing, and one that is over is shown to nobody', () => {
  assert.equal(line(history(topUp, page), expire, later(EXPIRY, -1)), 'not_yet');
  assert.equal(line(history(topUp), page, later(EXPIRY, -1)), 'TopUpRequiresAction');
  assert.equal(line(history(topUp), page, EXPIRY), 'TopUpExpired');
  assert.equal(line(history(topUp, confirmed), page, EXPIRY), '', 'money that has come has no deadline');
});

test('a payment in that could not begin in its time never begins: the person is shown no page', () => {
  const dated = InitiateTopUp({ ...terms, expiresAt: EXPIRY });
  assert.equal(line([], dated, later(EXPIRY, -1)), 'TopUpInitiated');
  assert.equal(line([], dated, EXPIRY), 'TopUpExpired');
  const nextDay = later(EXPIRY, 86_400_000);
  const late = answer({ status: 'requires_action', url: 'https://pay.example/t', expiresAt: nextDay });
  assert.equal(line(history(dated), late, later(EXPIRY, -1)), 'TopUpRequiresAction');
  assert.equal(line(history(dated), late, EXPIRY), 'TopUpExpired');
  assert.equal(line(history(dated), confirmed, nextDay), 'TopUpConfirmed', 'money that has come counts');
});

test('a payment in that the provider never answers for ends with its time to begin, and what comes later still counts', () => {
  const dated = InitiateTopUp({ ...terms, expiresAt: EXPIRY });
  assert.equal(line(history(dated), expire, later(EXPIRY, -1)), 'not_yet');
  assert.equal(line(history(dated), expire, EXPIRY), 'TopUpExpired');
  assert.equal(line(history(topUp), expire), 'TopUpExpired', 'the first payments say no time');
  assert.equal(line(history(topUp, expire), expire), '');
  assert.equal(line(history(topUp, expire), page), '', 'nobody is shown its page any more');
  assert.equal(line(history(topUp, expire), confirmed), 'TopUpConfirmed');
  assert.equal(line(history(payout), expire), '', 'a payout may have been paid');
});

test('a provider that declines ends the payment', () => {
  assert.equal(line(history(topUp), declined), 'TopUpFailed');
  assert.equal(line(history(payout), declined), 'PayoutFailed');
  assert.equal(line(history(payout, declined), declined), '');
  assert.equal(line([], declined), 'payment_unknown');
});

test('a notice of an unknown payment, or of other terms, is kept once and moves nothing', () => {
  assert.equal(line([], confirmed), 'NoticeRefused payment_unknown');
  assert.equal(line(history(confirmed), confirmed), '');
  const euros = notice('top_up_confirmed', { currency: 'EUR' });
  assert.equal(line(history(topUp, page), euros), 'NoticeRefused payment_differs');
  assert.equal(line(history(topUp, page), paid), 'NoticeRefused payment_differs');
});

test('a payout: submitted, paid, and settled to the provider after the capture', () => {
  const failed = notice('payout_failed');
  assert.equal(line([], payout), 'PayoutInitiated');
  assert.equal(line(history(payout), submitted), 'PayoutSubmitted');
  assert.equal(line(history(payout, submitted), paid), 'PayoutPaid');
  assert.equal(line(history(payout, submitted, paid), paid), '');
  assert.equal(line(history(payout, submitted), settle), '');
  assert.equal(line(history(payout, submitted, paid), settle), 'PayoutSettled');
  assert.equal(line(history(payout, submitted, paid, settle), settle), '');
  assert.equal(line(history(payout, submitted), failed), 'PayoutFailed');
  assert.equal(line(history(payout, submitted, failed), failed), '');
  assert.equal(line([], settle), 'payment_unknown');
});

/** `Type amount` of the events, for those that have one. */
function moves(events: readonly NewEvent[], command: Command): string {
  const decision = eventsOf(decideOn(payment, events, command, { id: 'back' }));
  return decision
    .map(({ type, data }) => `${type} ${(data as { amount?: bigint }).amount ?? ''}`.trim())
    .join(', ');
}

test('what has come in is what is booked, also less than was asked for, and more of it later', () => {
  const part = notice('top_up_confirmed', { noticeId: 'a', amount: 499n });
  assert.equal(moves(history(topUp, page), part), 'TopUpConfirmed 499');
  assert.equal(moves(history(topUp, page, part), confirmed), 'TopUpConfirmed 1');
  assert.equal(line(history(topUp, page, confirmed), part), 'NoticeRefused payment_differs');
});

test('what went back outside is booked as far as it had come in, whichever is told first', () => {
  const back = notice('top_up_charged_back', { amount: 300n });
  const reversed = 'ReversalAnnounced 300, TopUpReversed 300';
  assert.equal(moves(history(topUp, page, confirmed), back), reversed);
  assert.equal(moves(history(topUp, page, confirmed, back), back), '');
  const rest = notice('top_up_returned', { amount: 300n });
  const less = notice('top_up_confirmed', { noticeId: 'less', amount: 400n });
  assert.equal(moves(history(topUp, page), back), 'ReversalAnnounced 300, NoticeUnmatched 300');
  assert.equal(line(history(topUp, page, back), less), 'TopUpConfirmed, TopUpReversed, NoticesMatched');
  assert.equal(line(history(topUp, confirmed, back), rest), 'NoticeRefused payment_differs');
  const [, event] = eventsOf(decideOn(payment, history(topUp, confirmed), back, { id: 'back' }));
  assert.deepEqual((event as { data: { postings?: unknown } }).data.postings, [
    { account: 'receivable:ann:USD', amount: -300n },
    { account: 'provider:simulated:USD', amount: 300n },
  ]);
});

test('a return of more than has moved waits until that is told; one of more than was asked for moves nothing, ever', () => {
  const part = notice('top_up_confirmed', { noticeId: 'part', amount: 300n });
  const back = notice('top_up_returned', { amount: 400n });
  const inPart = history(topUp, part, back);
  assert.equal(
    moves(history(topUp, part), back),
    'ReversalAnnounced 400, NoticeUnmatched 400, TopUpReversed 300',
  );
  assert.equal(line(inPart, confirmed), 'TopUpConfirmed, TopUpReversed, NoticesMatched');
  const [matched] = eventsOf(decideOn(payment, inPart, confirmed)).slice(-1);
  assert.deepEqual((matched as { data: { notices?: unknown } }).data.notices, ['top_up_returned']);
  const tooMuch = notice('top_up_returned', { noticeId: 'more', amount: 800n });
  const refused = 'NoticeRefused payment_differs';
  assert.equal(line(history(topUp, confirmed), tooMuch), refused);
  assert.equal(line(history(topUp), tooMuch), refused);
  const later = history(topUp, confirmed, tooMuch, notice('top_up_charged_back'));
  const more = notice('top_up_confirmed', { noticeId: 'all', amount: 700n });
  assert.equal(moves(later, more), 'TopUpConfirmed 200');
  const paidBack = notice('payout_returned', { amount: 900n });
  assert.equal(line(history(payout, submitted, paid), paidBack), refused);
});

test('a dispute that is won brings back what had gone back, and no more, whichever is told first', () => {
  const back = notice('top_up_charged_back');
  const won = notice('top_up_reinstated');
  assert.equal(
    moves(history(topUp, confirmed, back), won),
    'ReinstatementAnnounced 500, TopUpReinstated 500',
  );
  const [, event] = eventsOf(decideOn(payment, history(topUp, confirmed, back), won, { id: 'won' }));
  assert.deepEqual((event as { data: { postings?: unknown } }).data.postings, [
    { account: 'provider:simulated:USD', amount: -500n },
    { account: 'clearing:won:USD', amount: 500n },
  ]);
  assert.equal(moves(history(topUp, confirmed), won), 'ReinstatementAnnounced 500, NoticeUnmatched 500');
  assert.equal(line(history(topUp, confirmed, won), back), 'ReversalAnnounced, NoticesMatched');
  const again = notice('top_up_returned', { amount: 200n });
  assert.equal(
    moves(history(topUp, confirmed, back, won), again),
    'ReversalAnnounced 200, TopUpReversed 200',
  );
  const astray = notice('top_up_reinstated');
  assert.equal(line(history(payout, paid), astray), 'NoticeRefused payment_differs');
});

test('a payout that is paid, then returned or failed, comes back; one that failed and was paid is owed', () => {
  const failed = notice('payout_failed');
  const returned = notice('payout_returned', { amount: 200n });
  const comesBack = 'ReversalAnnounced 500, PayoutReturned 500';
  assert.equal(moves(history(payout, submitted, paid), failed), comesBack);
  assert.equal(moves(history(payout, paid), returned), 'ReversalAnnounced 200, PayoutReturned 200');
  assert.equal(moves(history(payout, paid, returned), failed), 'ReversalAnnounced 300, PayoutReturned 300');
  assert.equal(moves(history(payout, failed), paid), 'PayoutUnfunded 500');
  assert.equal(moves(history(payout, failed, paid), failed), '');
  assert.equal(line(history(payout), returned), 'ReversalAnnounced, NoticeUnmatched, PayoutFailed');
  assert.equal(line(history(payout, returned), paid), 'PayoutUnfunded, PayoutReturned, NoticesMatched');
  assert.equal(moves(history(payout), notice('payout_paid', { amount: 400n })), 'PayoutPaid 400');
  const more = notice('payout_paid', { amount: 600n });
  assert.equal(moves(history(payout), more), 'PayoutPaid 500, PayoutUnfunded 100');
});

test('an account of the house takes each movement and reason once', () => {
  const credit = (reason: 'premium' | 'commission') =>
    CreditPlatform({ account: 'fees', currency: 'USD', amount: 5n, movement: 'm', reason });
  const premium = eventsOf(decideOn(platform, [], credit('premium')));
  assert.deepEqual(firstOf(premium).postings, [
    { account: 'clearing:m:USD', amount: -5n },
    { account: 'platform:fees:USD', amount: 5n },
  ]);
  assert.deepEqual(decideOn(platform, premium, credit('premium')), []);
  assert.equal(eventsOf(decideOn(platform, premium, credit('commission'))).length, 1);
});

test('each movement credits the house in a stream of its own; what was sent before goes where it went before', () => {
  const fees = { account: 'fees', currency: 'USD', amount: 5n, movement: 'm', reason: 'fees' } as const;
  assert.equal(CreditPlatform.streamOf({ ...fees, apart: true }, system), 'platform-fees:USD:m');
  assert.equal(CreditPlatform.streamOf(fees, system), 'platform-fees:USD');
});
