import assert from 'node:assert/strict';
import { env } from 'node:process';
import { test } from 'node:test';
import fc from 'fast-check';
import { systemActor } from '#domain/kernel/actor.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { EventDeclaration } from '#domain/kernel/message.ts';
import type { PaymentNotice } from '#domain/kernel/ports/payments.ts';
import type { Posting } from '#domain/kernel/posting.ts';
import type { Recorded } from '#domain/kernel/reaction.ts';
import { wallets } from '#domain/wallets/context.ts';
import { PayoutInitiated, RecordProviderNotice, TopUpInitiated } from '#domain/wallets/payment/messages.ts';
import { CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { ClaimMoney } from '#domain/wallets/unclaimed/messages.ts';
import {
  CaptureHold,
  CloseWallet,
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
import { type StatementEntry, walletViews } from '#projections/wallets/index.ts';
import { person } from '#test/support/deciding.ts';
import { MoneyWorld, type Sent } from '#test/support/money-world.ts';

const numRuns = Number(env.ANNALS_RUNS ?? 150);
const currency = 'USD';
const system = systemActor('test');

/** What stands outside, what people owe, and what the house has lost. */
const mayBeNegative = /^(provider|receivable|platform:losses):/;

// The model: an independent ledger that knows nothing but postings and which claims are open.
class Ledger {
  readonly accounts = new Map<string, bigint>();
  readonly #claims = new Map<string, Map<string, bigint>>();
  readonly #over = new Set<string>();
  readonly #owed = new Map<string, bigint>();

  /** Of a wallet that owes, nothing leaves, and nothing is available when the event's append is whole. */
  #owes({ stream, type, data }: Pick<RecordedEvent, 'stream' | 'type' | 'data'>): void {
    if (!stream.startsWith('wallet-')) return;
    const owed = -(this.accounts.get(`receivable:${stream.slice(7)}`) ?? 0n);
    assert.ok(owed >= 0n, 'more was paid than was owed');
    const { owed: stated } = data as { owed?: bigint };
    this.#owed.set(stream, stated ?? this.#owed.get(stream) ?? 0n);
    if (['TransferSent', 'FundsReserved', 'WalletClosed'].includes(type))
      assert.equal(this.#owed.get(stream), 0n, `${type} while something is owed`);
  }

  book({ stream, type, data }: RecordedEvent): void {
    const { postings = [] } = data as { postings?: readonly Posting[] };
    assert.equal(
      postings.reduce((sum, { amount }) => sum + amount, 0n),
      0n,
      `${type} is not balanced`,
    );
    for (const { account, amount } of postings)
      this.accounts.set(account, (this.accounts.get(account) ?? 0n) + amount);
    for (const [account, balance] of this.accounts)
      assert.ok(mayBeNegative.test(account) || balance >= 0n, `${type} overdraws ${account}`);
    this.#owes({ stream, type, data });
    const { holdId, claimId, amount = 0n } = data as { holdId?: string; claimId?: string; amount?: bigint };
    if (holdId === undefined) return;
    const hold = `${stream}/${holdId}`;
    const claims = this.#claims.get(hold) ?? new Map<string, bigint>();
    this.#claims.set(hold, claims);
    if (type === 'FundsReserved') {
      assert.ok(!this.#over.has(hold), 'a hold that is over came back');
      assert.ok(!claims.has(claimId ?? ''), 'a claim was made twice');
      claims.set(claimId ?? '', amount);
    }
    if (type === 'ClaimEnded') {
      assert.notEqual(claims.get(claimId ?? ''), 0n, 'a claim ended twice');
      claims.set(claimId ?? '', 0n);
    }
    if (type === 'FundsCaptured' || type === 'FundsReleased') {
      assert.ok(!this.#over.has(hold), 'a hold ended twice');
      this.#over.add(hold);
      for (const id of claims.keys()) claims.set(id, 0n);
    }
    const open = [...this.#claims].filter(([id]) => id.startsWith(`${stream}/`));
    const held = open.reduce(
      (sum, [, of]) => sum + [...of.values()].reduce((a, b) => (a > b ? a : b), 0n),
      0n,
    );
    assert.equal(this.accounts.get(`wallet:${stream.slice(7)}:held`) ?? 0n, held, `${type}: held`);
  }
}

/** The event as the declared one, if it is one. */
const as = <E extends EventDeclaration>(event: RecordedEvent, declared: E): Recorded<E> | undefined =>
  event.type === declared.type ? (event as Recorded<E>) : undefined;

/** What stands outside: the provider's notices of a payment, contradictory ones too, and a sale whose captured money goes to the house. */
function outside(event: RecordedEvent, luck: boolean): readonly Sent[] {
  const captured = as(event, FundsCaptured);
  if (captured?.data.purpose === 'bid') {
    const { amount, movement } = captured.data;
    const fees = { account: 'fees', currency, amount, movement, reason: 'fees' } as const;
    return [{ by: system, command: CreditPlatform(fees) }];
  }
  const topUp = as(event, TopUpInitiated);
  if (topUp !== undefined) return told(topUp.data, pickOf(topUp.data, luck, comings));
  const payout = as(event, PayoutInitiated);
  return payout === undefined ? [] : told(payout.data, pickOf(payout.data, luck, goings));
}

type Told = readonly [outcome: PaymentNotice['outcome'], percent: bigint];
/** What a provider may say of one payment, of which per cent of it: in any order, and twice (see `live`). */
const comings: readonly (readonly Told[])[] = [
  [
    ['top_up_confirmed', 100n],
    ['top_up_confirmed', 100n],
  ],
  [['top_up_failed', 100n]],
  [
    ['top_up_failed', 100n],
    ['top_up_confirmed', 100n],
  ],
  [
    ['top_up_confirmed', 100n],
    ['top_up_charged_back', 100n],
  ],
  [
    ['top_up_returned', 30n],
    ['top_up_confirmed', 100n],
    ['top_up_charged_back', 90n],
  ],
  [
    ['top_up_confirmed', 60n],
    ['top_up_confirmed', 120n],
    ['top_up_failed', 100n],
  ],
];
const goings: readonly (readonly Told[])[] = [
  [['payout_paid', 100n]],
  [['payout_failed', 100n]],
  [
    ['payout_paid', 100n],
    ['payout_returned', 40n],
  ],
  [
    ['payout_failed', 100n],
    ['payout_paid', 100n],
  ],
  [
    ['payout_paid', 130n],
    ['payout_paid', 100n],
    ['payout_returned', 50n],
  ],
  [
    ['payout_paid', 70n],
    ['payout_failed', 70n],
  ],
];

/** One of them, told by the amount, so that a history that is made smaller keeps its provider. */
const pickOf = <T>({ amount }: { readonly amount: bigint }, luck: boolean, all: readonly T[]): T =>
  all[Number((amount + (luck ? 3n : 0n)) % BigInt(all.length))] as T;

function told(
  { paymentId, amount }: { readonly paymentId: string; readonly amount: bigint },
  notices: readonly Told[],
): readonly Sent[] {
  return notices.map(([outcome, percent], at) => {
    const part = (amount * percent + 99n) / 100n;
    const notice = { noticeId: `${paymentId}-${at}`, paymentId, outcome, amount: part };
    return { by: system, command: RecordProviderNotice({ ...notice, currency, provider: 'simulated' }) };
  });
}

const someone = fc.constantFrom('ann', 'bob', 'cy');
const amount = fc.bigInt({ min: 1n, max: 100n });
const hold = fc.record({
  who: someone,
  holdId: fc.constantFrom('h1', 'h2'),
  claimId: fc.constantFrom('a', 'b', 'c'),
  amount,
});
const asked: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 3, arbitrary: someone.map((who) => ({ by: person(who), command: OpenWallet({ currency }) })) },
  { weight: 3, arbitrary: someone.map((who) => ({ by: person(who), command: CloseWallet({ currency }) })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(someone, amount)
      .map(([who, of]) => ({ by: person(who), command: RequestTopUp({ amount: of, currency }) })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(someone, someone, amount)
      .map(([who, to, of]) => ({ by: person(who), command: Transfer({ to, amount: of, currency }) })),
  },
  {
    weight: 1,
    arbitrary: someone.map((who) => ({
      by: system,
      command: WriteOffDebt({ person: who, currency, cause: 'It is small.' }),
    })),
  },
  { weight: 1, arbitrary: someone.map((who) => ({ by: person(who), command: ClaimMoney({ currency }) })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(someone, amount)
      .map(([who, of]) => ({ by: person(who), command: Withdraw({ amount: of, currency }) })),
  },
  {
    weight: 6,
    arbitrary: hold.map(({ who, ...it }) => ({
      by: system,
      command: ReserveFunds({ ...it, person: who, currency, purpose: 'bid' }),
    })),
  },
  {
    weight: 3,
    arbitrary: hold.map(({ who, holdId, claimId }) => ({
      by: system,
      command: EndClaim({ person: who, currency, holdId, claimId, reason: 'outbid' }),
    })),
  },
  {
    weight: 1,
    arbitrary: hold.map(({ who, holdId, amount: of }) => ({
      by: system,
      command: CaptureHold({ person: who, currency, holdId, amount: of, movement: `sale-${who}-${holdId}` }),
    })),
  },
  {
    weight: 1,
    arbitrary: hold.map(({ who, holdId }) => ({
      by: system,
      command: ReleaseHold({ person: who, currency, holdId, reason: 'unsold' }),
    })),
  },
);
// Before each command some of what waits is done, from either end, sometimes twice.
const step = fc.record({
  asked,
  work: fc.nat({ max: 3 }),
  last: fc.boolean(),
  twice: fc.boolean(),
  luck: fc.boolean(),
});

/** Lives through a random history and checks the ledger after each event. */
function live(steps: readonly { asked: Sent; work: number; last: boolean; twice: boolean; luck: boolean }[]) {
  const world = new MoneyWorld();
  const ledger = new Ledger();
  const send = (sent: Sent, luck: boolean): void => {
    const events = world.send(sent);
    if (typeof events === 'string') return;
    for (const event of events) {
      ledger.book(event);
      world.waiting.push(...outside(event, luck));
    }
  };
  const work = (last: boolean, twice: boolean, luck: boolean): boolean => {
    const next = last ? world.waiting.pop() : world.waiting.shift();
    if (next === undefined) return false;
    send(next, luck);
    if (twice) {
      const before = world.history.length;
      send(next, luck);
      assert.equal(world.history.length, before, `${next.command.command} twice did something twice`);
    }
    return true;
  };
  for (const { asked: sent, work: times, last, twice, luck } of steps) {
    for (let at = 0; at < times; at++) work(last, twice, luck);
    send(sent, luck);
  }
  while (work(false, true, true));
  return { world, ledger };
}

const histories = fc.array(step, { maxLength: 80, size: 'max' });

test('the random histories meet every event there is, but for those that need a clock or a page', () => {
  const met = new Set<string>();
  for (const steps of fc.sample(histories, { numRuns: 200, seed: 1 }))
    for (const { type } of live(steps).world.history) met.add(type);
  const elsewhere = [
    'TopUpRequiresAction',
    'TopUpExpired',
    'PayoutSubmitted',
    'UnallocatedAssigned',
    'NoticeHandled',
  ];
  const all = wallets.events.map(({ type }) => type).filter((type) => !elsewhere.includes(type));
  assert.deepEqual([...met].sort(), all.sort());
});

test('money is conserved: balanced, never overdrawn, and nothing is left in clearing', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { ledger } = live(steps);
      const accounts = [...ledger.accounts];
      assert.equal(
        accounts.reduce((sum, [, balance]) => sum + balance, 0n),
        0n,
      );
      for (const [account, balance] of accounts)
        if (account.startsWith('clearing:')) assert.equal(balance, 0n, account);
      for (const [account, balance] of accounts)
        if (account.startsWith('receivable:') && balance < 0n) {
          const wallet = account.slice('receivable:'.length);
          assert.equal(ledger.accounts.get(`wallet:${wallet}:available`) ?? 0n, 0n, `${account} stands`);
        }
    }),
    { numRuns },
  );
});

test('every event survives its storage format', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world } = live(steps);
      for (const { type, data } of world.history) {
        const stored = JSON.parse(JSON.stringify(world.registry.encode({ type, data })));
        assert.deepEqual(world.registry.events.get(type)?.schema.decode(stored), data);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

test('the views say what the ledger says', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world, ledger } = live(steps);
      const documents = fold(world.history);
      const balanceOf = (account: string): bigint => ledger.accounts.get(account) ?? 0n;
      for (const [id, document] of documents) {
        const [view = '', name = ''] = id.split(' ');
        const { available, held, owed, balance } = document as Record<string, bigint>;
        if (view === 'wallets') {
          assert.equal(available, balanceOf(`wallet:${name}:available`));
          assert.equal(held, balanceOf(`wallet:${name}:held`));
        }
        if (view === 'debts') assert.equal(owed, -balanceOf(`receivable:${name}`));
        if (view === 'unclaimed') assert.equal(balance, balanceOf(`unclaimed:${name}`));
        if (view === 'platform-accounts') assert.equal(balance, balanceOf(name));
        if (view === 'clearing') assert.deepEqual(document, { ...document, balance: 0n, overdrawn: false });
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

test('a statement’s running balance is the sum of its entries', () => {
  fc.assert(
    fc.property(histories, (steps) => {
      const { world } = live(steps);
      const sums = new Map<string, { available: bigint; held: bigint }>();
      for (const [id, document] of fold(world.history)) {
        if (!id.startsWith('statement ')) continue;
        const { wallet, availableChange, heldChange, available, held } = document as StatementEntry;
        const before = sums.get(wallet) ?? { available: 0n, held: 0n };
        const now = { available: before.available + availableChange, held: before.held + heldChange };
        assert.deepEqual({ available, held }, now);
        sums.set(wallet, now);
      }
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
});

/** Every document of the wallets' views after a history, by view and id, each as its schema stores and reads it. */
function fold(history: readonly RecordedEvent[]): ReadonlyMap<string, object> {
  const documents = new Map<string, object>();
  for (const event of history)
    for (const view of walletViews.filter(({ events }) => events.some(({ type }) => type === event.type)))
      for (const id of view.documents(event)) {
        const after = view.fold(documents.get(`${view.name} ${id}`), event, id);
        if (after !== undefined)
          documents.set(`${view.name} ${id}`, view.schema.decode(view.schema.encode(after as never)));
      }
  return documents;
}
