import assert from 'node:assert/strict';
import { env } from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { isRecorded } from '#domain/kernel/reaction.ts';
import { NoticeHandled, NoticeKept } from '#domain/wallets/notice/messages.ts';
import {
  NoticeRefused,
  PayoutReturned,
  TopUpConfirmed,
  TopUpReinstated,
} from '#domain/wallets/payment/messages.ts';
import type { Posting } from '#domain/wallets/posting.ts';
import {
  CreditRefused,
  DebtIncurred,
  DebtWrittenOff,
  FundsCaptured,
  FundsCredited,
  LossRecovered,
  TransferSent,
} from '#domain/wallets/wallet/messages.ts';
import type { Bank } from '#test/support/money-bank.ts';
import { histories, live, proceedsOf, seller } from '#test/support/money-histories.ts';

// The books against a mirror of the bank, which hears the same notices and knows nothing of the platform.

const numRuns = Number(env.ANNALS_RUNS ?? 150);

type Sums = Map<string, bigint>;
const add = (sums: Sums, name: string, by: bigint): Sums => sums.set(name, (sums.get(name) ?? 0n) + by);
const without0 = (sums: Sums) => Object.fromEntries([...sums].filter(([, sum]) => sum !== 0n).sort());

/** What a person has in a currency, all together: what the bank has brought, moved on by what was done with it here. */
function wealth(history: readonly RecordedEvent[], bank: Bank): Sums {
  const sums: Sums = new Map();
  for (const [paymentId, { wallet }] of bank.payments) add(sums, wallet, bank.netOf(paymentId));
  /** Transfers that did not arrive went back to whoever sent them. */
  const back = new Set(
    history.flatMap((event) =>
      isRecorded(event, CreditRefused) && event.data.credit === 'transfer' ? [event.data.movement] : [],
    ),
  );
  for (const event of history) {
    if (isRecorded(event, TransferSent) && !back.has(event.data.movement)) {
      const { person, to, currency, amount } = event.data;
      add(add(sums, `${person}:${currency}`, -amount), `${to}:${currency}`, amount);
    } else if (isRecorded(event, FundsCaptured) && event.data.purpose === 'bid') {
      const { person, currency, amount } = event.data;
      add(add(sums, `${person}:${currency}`, -amount), `${seller}:${currency}`, proceedsOf(amount));
    } else if (isRecorded(event, DebtWrittenOff))
      add(sums, `${event.data.person}:${event.data.currency}`, event.data.amount);
    else if (isRecorded(event, LossRecovered))
      add(sums, `${event.data.person}:${event.data.currency}`, -event.data.amount);
  }
  return sums;
}

test('the provider’s account is what the bank says has moved, payment by payment', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world, bank } = live(steps);
      const booked: Sums = new Map();
      // Ours is the mirror of theirs: negative by what has come.
      for (const { stream, data } of world.history)
        for (const { account, amount } of (data as { postings?: readonly Posting[] }).postings ?? [])
          if (account.startsWith('provider:')) add(booked, stream.slice('payment-'.length), -amount);
      const said: Sums = new Map([...bank.payments.keys()].map((id) => [id, bank.netOf(id)]));
      assert.deepEqual(without0(booked), without0(said));
    }),
    { numRuns },
  );
});

test('what people have, in wallets and owed to them, less what they owe, is what the bank has brought them', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world, ledger, bank } = live(steps);
      const have: Sums = new Map();
      for (const [account, balance] of ledger.accounts) {
        const [kind, person, currency] = account.split(':');
        if (kind === 'wallet' || kind === 'unclaimed' || kind === 'receivable')
          add(have, `${person}:${currency}`, balance);
      }
      assert.deepEqual(without0(have), without0(wealth(world.history, bank)));
    }),
    { numRuns },
  );
});

/**
 * Left to a person are a total smaller than one that was said before, a failure behind money that came in, and what is about
 * another currency, the other direction, no payment of ours, or a return of more than was asked for; a return of more than has
 * moved waits until that is told.
 */
test('every contradiction that no rule covers waits for a person, and no other notice does', () => {
  const codes = new Set<string>();
  fc.assert(
    fc.property(histories, (steps) => {
      const { world, bank } = live(steps);
      const refused = world.history.filter((event) => isRecorded(event, NoticeRefused));
      const ids = refused.map(({ data }) => (data as { noticeId: string }).noticeId);
      assert.deepEqual(ids.toSorted(), [...bank.leftToPeople].sort());
      const waiting = new Map<string, string>();
      for (const event of world.history) {
        if (isRecorded(event, NoticeHandled)) waiting.delete(event.data.waitingId);
        if (!isRecorded(event, NoticeKept)) continue;
        codes.add(event.data.why);
        waiting.set(event.data.waitingId, (JSON.parse(event.data.body) as { noticeId: string }).noticeId);
      }
      const unmatched = [...bank.payments.values()].flatMap((said) => [...said.unmatched]);
      assert.deepEqual([...waiting.values()].sort(), [...ids, ...unmatched].sort());
    }),
    { numRuns },
  );
  assert.deepEqual([...codes].sort(), ['payment_differs', 'payment_over', 'payment_unknown', 'unmatched']);
});

/** What the house has given up in one wallet, and by which payments it was ever owed. */
interface Lost {
  amount: bigint;
  readonly by: Set<string>;
}

/** By movement: of which payment it brings money. */
const paymentsOf = (history: readonly RecordedEvent[]): ReadonlyMap<string, string> =>
  new Map(
    history.flatMap((event): [string, string][] =>
      isRecorded(event, TopUpConfirmed) ||
      isRecorded(event, PayoutReturned) ||
      isRecorded(event, TopUpReinstated)
        ? [[event.data.movement, event.data.paymentId]]
        : [],
    ),
  );

const isTheOnly = ({ by }: Lost, payment: string | undefined): boolean =>
  payment !== undefined && by.size === 1 && by.has(payment);

/** What went astray, in wallets that owed by one payment only: there it needs no rule to say which debt was written off. */
function whatWentAstray(history: readonly RecordedEvent[]): readonly string[] {
  const paymentOf = paymentsOf(history);
  const wallets = new Map<string, Lost>();
  const astray: string[] = [];
  for (const event of history) {
    const lost = wallets.get(event.stream) ?? { amount: 0n, by: new Set<string>() };
    wallets.set(event.stream, lost);
    if (isRecorded(event, DebtIncurred)) lost.by.add(event.data.paymentId ?? '');
    else if (isRecorded(event, DebtWrittenOff)) lost.amount += event.data.amount;
    else if (isRecorded(event, LossRecovered)) {
      lost.amount -= event.data.amount;
      if (lost.amount < 0n || !lost.by.has(event.data.paymentId)) astray.push('recovered what was not lost');
    } else if (isRecorded(event, FundsCredited) || isRecorded(event, CreditRefused)) {
      if (lost.amount > 0n && isTheOnly(lost, paymentOf.get(event.data.movement)))
        astray.push(`${event.type} while ${lost.amount} are lost by the same payment`);
    }
  }
  return astray;
}

test('what comes back of a payment whose debt was written off makes up for that loss, before anybody gets it', () => {
  fc.assert(
    fc.property(histories, (steps) => assert.deepEqual(whatWentAstray(live(steps).world.history), [])),
    { numRuns },
  );
});
