import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemActor } from '#domain/kernel/actor.ts';
import type { Command } from '#domain/kernel/message.ts';
import { MAX_AMOUNT } from '#domain/kernel/money.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { PayoutInitiated, RecordProviderNotice, TopUpInitiated } from '#domain/wallets/payment/messages.ts';
import { ClaimMoney, UnclaimedPaidOut } from '#domain/wallets/unclaimed/messages.ts';
import {
  CloseWallet,
  OpenWallet,
  RequestTopUp,
  Withdraw,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import { person } from '#test/support/given.ts';
import { Ledger } from '#test/support/money-ledger.ts';
import { fold } from '#test/support/money-views.ts';
import { MoneyWorld, type Sent } from '#test/support/money-world.ts';

// What comes together of amounts may be more than one amount can be. Every command, event and document here is written by its
// schema (see MoneyWorld and fold): a sum that has the type of an amount fails where it is made, as it would in the platform.

const currency = 'USD';

/** Wallets in memory, and a bank whose notices say the most that one can. */
class Books {
  readonly world = new MoneyWorld();
  readonly #ledger = new Ledger();
  #notices = 0;
  #booked = 0;

  constructor(...people: readonly string[]) {
    for (const who of people) this.asks(who, OpenWallet({ currency }));
  }

  asks(who: string, command: Command) {
    return this.#send({ command, by: person(who) });
  }

  /** Does it and all that follows from it; its events, or the code of its rejection. */
  #send(sent: Sent) {
    const { world } = this;
    const made = world.send(sent);
    for (let next = world.waiting.shift(); next !== undefined; next = world.waiting.shift()) world.send(next);
    for (const event of world.history.slice(this.#booked)) this.#ledger.book(event);
    this.#booked = world.history.length;
    fold(world.history);
    return made;
  }

  bankSays(paymentId: string, outcome: PaymentNotice['outcome'], amount = MAX_AMOUNT): void {
    this.#notices += 1;
    const notice = { noticeId: `n-${this.#notices}`, paymentId, outcome, amount, currency, provider: 'bank' };
    this.#send({ command: RecordProviderNotice(notice), by: systemActor('webhook') });
  }

  writesOff(who: string): void {
    const command = WriteOffDebt({ person: who, currency, cause: 'mistake' });
    this.#send({ command, by: systemActor('staff') });
  }

  /** Pays in; the bank has `amount` in the end. */
  topUp(who: string, amount = MAX_AMOUNT): string {
    this.asks(who, RequestTopUp({ amount: 1n, currency }));
    const begun = this.world.history.filter((event) => isRecorded(event, TopUpInitiated)).at(-1);
    const paymentId = begun?.data.paymentId ?? '';
    this.bankSays(paymentId, 'top_up_confirmed', amount);
    return paymentId;
  }

  /** Pays 1 out, of which the bank then says that it was the most there can be, twice; the payments. */
  overpaid(who: string): readonly string[] {
    const payouts = [1, 2].map(() => {
      this.topUp(who, 1n);
      this.asks(who, Withdraw({ amount: 1n, currency }));
      const begun = this.world.history.filter((event) => isRecorded(event, PayoutInitiated)).at(-1);
      return begun?.data.paymentId ?? '';
    });
    for (const paymentId of payouts) this.bankSays(paymentId, 'payout_paid');
    return payouts;
  }

  balance(account: string): bigint {
    return this.#ledger.balanceOf(account);
  }
}

test('what is owed to a person may be more than one amount, and all of it goes through clearing and back', () => {
  const books = new Books('ann');
  for (const _ of [1, 2, 3]) books.topUp('ann');
  assert.equal(books.balance('unclaimed:ann:USD'), 3n * MAX_AMOUNT);
  assert.equal(books.balance('provider:bank:USD'), -3n * MAX_AMOUNT);
  books.asks('ann', ClaimMoney({ currency }));
  const [paidOut] = books.world.history.filter((event) => isRecorded(event, UnclaimedPaidOut));
  assert.equal(paidOut?.data.amount, 3n * MAX_AMOUNT);
  // No wallet has room for so much.
  assert.equal(books.balance('unclaimed:ann:USD'), 3n * MAX_AMOUNT);
});

test('what the bank takes back of it pays itself', () => {
  const books = new Books('ann');
  const payments = [1, 2].map(() => books.topUp('ann'));
  for (const paymentId of payments) books.bankSays(paymentId, 'top_up_charged_back');
  assert.equal(books.balance('unclaimed:ann:USD'), 0n);
  assert.equal(books.balance('receivable:ann:USD'), 0n);
  assert.equal(books.balance('provider:bank:USD'), 0n);
});

test('what a person owes may be more than one amount, keeps their money in, and is written off as a whole', () => {
  const books = new Books('ann');
  books.overpaid('ann');
  const owed = 2n * (MAX_AMOUNT - 1n);
  assert.equal(books.balance('receivable:ann:USD'), -owed);
  assert.equal(books.asks('ann', CloseWallet({ currency })), 'debt_outstanding');
  books.writesOff('ann');
  assert.equal(books.balance('receivable:ann:USD'), 0n);
  assert.equal(books.balance('platform:losses:USD'), -owed);
});

test('what comes back may make a wallet hold more than one amount, of which one amount at a time can be moved', () => {
  const books = new Books('ann', 'bob');
  const payouts = books.overpaid('ann');
  // What other money has paid is no loss: what comes back then is the person's.
  for (const _ of payouts) books.topUp('ann');
  for (const paymentId of payouts) books.bankSays(paymentId, 'payout_returned');
  assert.equal(books.balance('wallet:ann:USD:available'), 2n * MAX_AMOUNT);
  assert.equal(books.asks('ann', CloseWallet({ currency })), 'wallet_not_empty');
  assert.equal(books.asks('ann', RequestTopUp({ amount: 1n, currency })), 'balance_limit');
  for (const _ of [1, 2]) books.asks('ann', Withdraw({ amount: MAX_AMOUNT, currency }));
  assert.equal(books.balance('wallet:ann:USD:held'), 2n * MAX_AMOUNT);
});
