import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '#domain/kernel/decider.ts';
import { later } from '#domain/kernel/instant.ts';
import type { Command, NewEvent } from '#domain/kernel/message.ts';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { heldBy, holdNamed } from '#domain/wallets/wallet/holds.ts';
import { walletLimits } from '#domain/wallets/wallet/limits.ts';
import {
  CaptureHold,
  CloseWallet,
  CommitHold,
  CreditWallet,
  EndClaim,
  EndTopUp,
  IncurDebt,
  InsufficientFunds,
  OpenWallet,
  ReleaseHold,
  RequestTopUp,
  ReserveFunds,
  Transfer,
  Withdraw,
  WriteOffDebt,
} from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, firstOf, NOON, person } from '#test/support/deciding.ts';

const currency = 'USD';
const ann = { person: 'ann', currency };
const open = OpenWallet({ currency });
const credit = (amount: bigint, movement = 'm') =>
  CreditWallet({ ...ann, amount, movement, reason: 'top_up' });
const reserve = (claimId: string, amount: bigint, holdId = 'lot') =>
  ReserveFunds({ ...ann, holdId, claimId, amount, purpose: 'bid' });
const end = (claimId: string) => EndClaim({ ...ann, holdId: 'lot', claimId, reason: 'outbid' });
const capture = (amount: bigint, movement = 'sale', holdId = 'lot') =>
  CaptureHold({ ...ann, holdId, amount, movement });
const release = (reason: 'unsold' | 'expired' | 'payout_failed' = 'unsold', holdId = 'lot') =>
  ReleaseHold({ ...ann, holdId, reason });

type Step = Command | readonly [Command, Partial<Facts>];
const isPair = (step: Step): step is readonly [Command, Partial<Facts>] => Array.isArray(step);

/** The history that these commands make, one after the other; the n-th decision's own id is `id-n`. */
const history = (...steps: Step[]): readonly NewEvent[] => {
  const events: NewEvent[] = [];
  for (const [at, step] of steps.entries()) {
    const [command, facts] = isPair(step) ? step : [step, {}];
    events.push(...eventsOf(decideOn(wallet, events, command, { id: `id-${at + 1}`, ...facts })));
  }
  return events;
};

/** `Type field=value …` of each event, or the rejection's code: a decision on one line. */
function line(events: readonly NewEvent[], command: Command, facts: Partial<Facts> = {}): string {
  const decision = decideOn(wallet, events, command, facts);
  if ('rejected' in decision) return decision.code;
  return decision
    .map(({ type, data }) => {
      const { balance, reason, held } = data as {
        balance?: { available: bigint; held: bigint };
        reason?: string | { code: string };
        held?: bigint;
      };
      const why = typeof reason === 'object' ? reason.code : reason;
      return [
        type,
        ...(why === undefined ? [] : [why]),
        ...(held === undefined ? [] : [`hold ${held}`]),
        ...(balance === undefined ? [] : [`${balance.available}+${balance.held}`]),
      ].join(' ');
    })
    .join(', ');
}

test('a wallet is opened once and closed when it is empty', () => {
  assert.equal(line([], open), 'WalletOpened');
  assert.equal(line(history(open), open), '');
  assert.equal(line(history(open), CloseWallet({ currency })), 'WalletClosed');
  assert.equal(line([], CloseWallet({ currency })), 'wallet_not_open', 'it never was');
  assert.equal(line(history(open, CloseWallet({ currency })), CloseWallet({ currency })), '');
  assert.equal(line(history(open, CloseWallet({ currency })), open), 'WalletOpened');
  assert.equal(line(history(open, credit(5n)), CloseWallet({ currency })), 'wallet_not_empty');
  assert.equal(
    line(history(open, credit(5n), reserve('a', 5n)), CloseWallet({ currency })),
    'wallet_not_empty',
  );
});

test('a top-up is only asked for: nothing is credited', () => {
  assert.equal(line([], RequestTopUp({ currency, amount: 5n })), 'wallet_not_open');
  assert.equal(line(history(open), RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
  const most = walletLimits.balance;
  assert.equal(line(history(open), RequestTopUp({ currency, amount: most + 1n })), 'balance_limit');
});

test('a wallet with a payment into it under way stays open until that has ended', () => {
  const asked = [open, RequestTopUp({ currency, amount: 5n })] as const;
  const close = CloseWallet({ currency });
  const ended = EndTopUp({ ...ann, paymentId: 'id-2' });
  assert.equal(line(history(...asked), close), 'payment_under_way');
  assert.equal(line(history(...asked), ended), 'TopUpEnded');
  assert.equal(line(history(...asked, ended), ended), '');
  assert.equal(line(history(...asked, ended), close), 'WalletClosed');
  assert.equal(line(history(...asked, credit(5n, 'id-2')), close), 'wallet_not_empty');
});

test('the limit of a wallet counts what is on its way in', () => {
  const most = walletLimits.balance;
  const half = [open, RequestTopUp({ currency, amount: most - 5n })] as const;
  assert.equal(line(history(...half), RequestTopUp({ currency, amount: 6n })), 'balance_limit');
  assert.equal(line(history(...half), RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
  assert.equal(line(history(...half), credit(6n)), 'CreditRefused balance_limit');
  // A payment that was asked for has its place.
  assert.equal(
    line(history(...half, credit(5n)), credit(most - 5n, 'id-2')),
    `FundsCredited top_up ${most}+0`,
  );
});

test('the payments into a wallet that are under way have a limit', () => {
  const asked = Array.from({ length: walletLimits.topUps }, () => RequestTopUp({ currency, amount: 1n }));
  assert.equal(line(history(open, ...asked), RequestTopUp({ currency, amount: 1n })), 'too_many_payments');
});

test('a credit counts once for its movement and reason, and is refused by an event', () => {
  assert.equal(line(history(open), credit(5n)), 'FundsCredited top_up 5+0');
  assert.equal(line(history(open, credit(5n)), credit(5n)), '');
  assert.equal(line(history(open, credit(5n)), credit(5n, 'n')), 'FundsCredited top_up 10+0');
  assert.equal(line([], credit(5n)), 'CreditRefused wallet_not_open');
  assert.equal(line(history(credit(5n), open), credit(5n)), 'credit_over');
  assert.equal(
    line(history(open, credit(walletLimits.balance)), credit(1n, 'n')),
    'CreditRefused balance_limit',
  );
  const back = CreditWallet({ ...ann, amount: 1n, movement: 'n', reason: 'transfer_returned' });
  const full = walletLimits.balance;
  assert.equal(line(history(open, credit(full)), back), `FundsCredited transfer_returned ${full + 1n}+0`);
});

test('a transfer goes into clearing, to another person', () => {
  const send = Transfer({ to: 'bob', amount: 4n, currency });
  const [sent] = eventsOf(decideOn(wallet, history(open, credit(5n)), send, { id: 't' }));
  assert.deepEqual(sent?.data, {
    ...ann,
    to: 'bob',
    amount: 4n,
    movement: 't',
    postings: [
      { account: 'wallet:ann:USD:available', amount: -4n },
      { account: 'clearing:t:USD', amount: 4n },
    ],
    balance: { available: 1n, held: 0n },
  });
  assert.equal(line(history(open, credit(3n)), send), 'TransferRefused insufficient_funds');
  assert.equal(line(history(open, credit(5n)), Transfer({ to: 'ann', amount: 1n, currency })), 'own_wallet');
  assert.equal(line([], send), 'wallet_not_open');
});

test('a person acts on their own wallet: the stream comes from the one who asks', () => {
  assert.equal(Withdraw.streamOf({ currency, amount: 1n }, person('bob')), 'wallet-bob:USD');
  assert.equal(CreditWallet.streamOf(credit(1n).data, person('bob')), 'wallet-ann:USD');
});

const owe = (amount: bigint, movement = 'back') => IncurDebt({ ...ann, amount, movement });

test('what went back outside is taken out of what is available, and the rest is owed; each movement once', () => {
  assert.equal(line(history(open, credit(9n)), owe(5n)), 'DebtIncurred, DebtPaid 4+0');
  assert.equal(line(history(open, credit(3n)), owe(5n)), 'DebtIncurred, DebtPaid 0+0');
  assert.equal(line(history(open, credit(3n), owe(5n)), owe(5n)), '');
  assert.equal(line([], owe(5n)), 'DebtIncurred');
  const [, paid] = eventsOf(decideOn(wallet, history(open, credit(3n)), owe(5n)));
  assert.deepEqual((paid as { data: { postings?: unknown; owed?: bigint } }).data.postings, [
    { account: 'wallet:ann:USD:available', amount: -3n },
    { account: 'receivable:ann:USD', amount: 3n },
  ]);
  assert.equal((paid as { data: { owed?: bigint } }).data.owed, 2n);
});

test('while something is owed nothing leaves the wallet, and what is held stays held and is captured', () => {
  const inDebt = history(open, credit(9n), reserve('a', 6n), owe(5n));
  const send = Transfer({ to: 'bob', amount: 1n, currency });
  assert.equal(line(inDebt, send), 'TransferRefused debt_outstanding');
  assert.equal(line(inDebt, Withdraw({ amount: 1n, currency })), 'WithdrawalRefused debt_outstanding');
  assert.equal(line(inDebt, reserve('b', 1n)), 'FundsRefused debt_outstanding');
  assert.equal(line(inDebt, CloseWallet({ currency })), 'debt_outstanding');
  assert.equal(line(inDebt, capture(6n)), 'FundsCaptured 0+0');
  assert.equal(line(inDebt, RequestTopUp({ currency, amount: 5n })), 'TopUpRequested');
});

test('credits and what is released pay first, as far as something is owed', () => {
  const inDebt = history(open, credit(9n), reserve('a', 9n), owe(5n));
  assert.equal(line(inDebt, end('a')), 'ClaimEnded outbid hold 0 9+0, DebtPaid 4+0');
  assert.equal(line(inDebt, release()), 'FundsReleased unsold 9+0, DebtPaid 4+0');
  assert.equal(line(inDebt, capture(7n)), 'FundsCaptured 2+0, DebtPaid 0+0');
  assert.equal(line(inDebt, credit(3n, 'n')), 'FundsCredited top_up 3+9, DebtPaid 0+9');
});

test('a credit that the wallet cannot take pays what is owed, and only the rest is refused; a transfer goes back whole', () => {
  assert.equal(line(history(owe(5n)), credit(3n)), 'DebtPaid 0+0');
  assert.equal(line(history(owe(5n)), credit(7n)), 'DebtPaid 0+0, CreditRefused wallet_not_open');
  assert.equal(line(history(owe(5n), credit(7n)), credit(7n)), 'credit_over');
  const [, refused] = eventsOf(decideOn(wallet, history(owe(5n)), credit(7n)));
  assert.equal((refused as { data: { amount?: bigint } }).data.amount, 2n);
  const sent = CreditWallet({ ...ann, amount: 7n, movement: 't', reason: 'transfer', from: 'bob' });
  assert.equal(line(history(owe(5n)), sent), 'CreditRefused wallet_not_open');
});

test('a debt in another currency keeps the money in as well', () => {
  const screened = { owed: 3n, currency: 'EUR' } as never;
  const funded = history(open, credit(9n));
  const send = Transfer({ to: 'bob', amount: 1n, currency });
  assert.equal(line(funded, send, { screened }), 'TransferRefused debt_outstanding');
  assert.equal(
    line(funded, Withdraw({ amount: 1n, currency }), { screened }),
    'WithdrawalRefused debt_outstanding',
  );
  assert.equal(line(funded, reserve('a', 1n), { screened }), 'FundsRefused debt_outstanding');
  assert.equal(line(history(open), CloseWallet({ currency }), { screened }), 'debt_outstanding');
});

test('the house may give up what is owed, and bears the loss', () => {
  const giveUp = WriteOffDebt({ ...ann, cause: 'It is small.' });
  const [off] = eventsOf(decideOn(wallet, history(owe(5n)), giveUp));
  assert.deepEqual((off as { data: { postings?: unknown } }).data.postings, [
    { account: 'platform:losses:USD', amount: -5n },
    { account: 'receivable:ann:USD', amount: 5n },
  ]);
  assert.equal(line(history(owe(5n), giveUp), giveUp), 'nothing_owed');
});

test('a hold is the largest of its open claims, and a raise holds only the difference', () => {
  const funded = history(open, credit(100n));
  assert.equal(line(funded, reserve('a', 60n)), 'FundsReserved hold 60 40+60');
  const held = history(open, credit(100n), reserve('a', 60n));
  assert.equal(line(held, reserve('a', 60n)), '');
  assert.equal(line(held, reserve('b', 90n)), 'FundsReserved hold 90 10+90');
  assert.equal(line(held, reserve('b', 50n)), 'FundsReserved hold 60 40+60');
  assert.equal(line(held, reserve('b', 101n)), 'FundsRefused insufficient_funds');
  assert.equal(line(held, reserve('b', 41n, 'other')), 'FundsRefused insufficient_funds');
});

test('a refusal names what is available and what is needed, as the caller gets it', () => {
  const { reason } = firstOf(
    decideOn(wallet, history(open, credit(100n), reserve('a', 60n)), reserve('b', 101n)),
  );
  assert.deepEqual(reason, {
    code: InsufficientFunds.code,
    message: InsufficientFunds.message,
    details: { available: '40', needed: '41', currency },
  });
});

test('the end of a claim releases only what the others no longer need', () => {
  const raised = history(open, credit(100n), reserve('a', 60n), reserve('b', 90n));
  assert.equal(line(raised, end('a')), 'ClaimEnded outbid hold 90 10+90');
  assert.equal(line(raised, end('b')), 'ClaimEnded outbid hold 60 40+60');
  const one = history(open, credit(100n), reserve('a', 60n), reserve('b', 90n), end('b'));
  assert.equal(line(one, end('b')), '');
  assert.equal(line(one, end('a')), 'ClaimEnded outbid hold 0 100+0');
  const rest = history(open, credit(100n), reserve('a', 60n), end('a'));
  assert.equal(line(rest, reserve('c', 70n)), 'FundsReserved hold 70 30+70');
});

test('an ended claim is never made again, nor one that was ended before it came', () => {
  assert.equal(line(history(open, credit(9n), reserve('a', 6n), end('a')), reserve('a', 6n)), 'claim_over');
  assert.equal(line(history(open, credit(9n)), end('a')), 'ClaimEnded outbid hold 0 9+0');
  const early = history(open, credit(9n), end('a'));
  assert.equal(line(early, end('a')), '');
  assert.equal(line(early, reserve('a', 6n)), 'FundsRefused claim_over');
  assert.equal(line(history(open, credit(9n), end('a'), reserve('a', 6n)), reserve('a', 6n)), 'claim_over');
  assert.equal(line(history(end('a'), open, credit(9n)), reserve('a', 6n)), 'FundsRefused claim_over');
});

test('a refused claim stays refused when funds come later', () => {
  const refused = history(open, reserve('a', 6n), credit(9n));
  assert.equal(line([], reserve('a', 6n)), 'FundsRefused wallet_not_open');
  assert.equal(line(refused, reserve('a', 6n)), 'claim_over');
  assert.equal(line(refused, reserve('b', 6n)), 'FundsReserved hold 6 3+6');
});

test('a capture ends the hold with all its claims and releases the rest', () => {
  const held = history(open, credit(100n), reserve('a', 60n), reserve('b', 90n));
  assert.equal(line(held, capture(70n)), 'FundsCaptured 30+0');
  assert.equal(line(held, capture(91n)), 'capture_exceeds_hold');
  assert.equal(line(held, capture(1n, 'sale', 'other')), 'hold_unknown');
  const over = history(open, credit(100n), reserve('a', 60n), reserve('b', 90n), capture(70n));
  assert.equal(line(over, capture(70n)), '');
  assert.equal(line(over, capture(70n, 'again')), 'hold_over');
  assert.equal(line(over, end('a')), '');
  assert.equal(line(over, release()), '');
  assert.equal(line(over, reserve('b', 90n)), 'claim_over');
  assert.equal(line(over, reserve('c', 1n)), 'FundsRefused hold_over');
  assert.equal(
    line([...over, ...eventsOf(decideOn(wallet, over, reserve('c', 1n)))], reserve('c', 1n)),
    'claim_over',
  );
});

test('a release ends the hold, also one that has not come yet', () => {
  const held = history(open, credit(9n), reserve('a', 6n));
  assert.equal(line(held, release()), 'FundsReleased unsold 9+0');
  assert.equal(line(history(open, credit(9n), reserve('a', 6n), release()), release()), '');
  assert.equal(line(history(open, credit(9n), release()), reserve('a', 6n)), 'FundsRefused hold_over');
});

const withdraw = (amount: bigint) => Withdraw({ amount, currency });
const dayLater = { now: later(NOON, walletLimits.withdrawalMs) };

test('a withdrawal holds under its own id, and is refused by an event', () => {
  const { holdId, claimId, purpose, expiresAt } = firstOf(
    decideOn(wallet, history(open, credit(9n)), withdraw(6n), { id: 'w' }),
  );
  assert.deepEqual(
    { holdId, claimId, purpose, expiresAt },
    {
      holdId: 'w',
      claimId: 'w',
      purpose: 'withdrawal',
      expiresAt: dayLater.now,
    },
  );
  assert.equal(line(history(open, credit(5n)), withdraw(6n)), 'WithdrawalRefused insufficient_funds');
  assert.equal(line([], withdraw(6n)), 'wallet_not_open');
});

test('a refused withdrawal succeeds after a top-up, as a new decision', () => {
  const refused = history(open, [withdraw(6n), { id: 'w1' }], credit(9n));
  assert.equal(line(refused, withdraw(6n), { id: 'w2' }), 'FundsReserved hold 6 3+6');
});

test('a withdrawal expires by time until it is committed; a bid never does', () => {
  const held = history(open, credit(9n), [withdraw(6n), { id: 'w' }]);
  assert.equal(line(held, release('expired', 'w')), 'not_yet');
  assert.equal(line(held, release('expired', 'w'), { now: later(dayLater.now, -1) }), 'not_yet');
  assert.equal(line(held, release('expired', 'w'), dayLater), 'FundsReleased expired 9+0');
  const commit = CommitHold({ ...ann, holdId: 'w' });
  assert.equal(line(held, commit), 'HoldCommitted hold 6');
  assert.equal(line(held, commit, { now: later(dayLater.now, -1) }), 'HoldCommitted hold 6');
  assert.equal(line(held, commit, dayLater), 'hold_over', 'what has not begun by its time never begins');
  const committed = history(open, credit(9n), [withdraw(6n), { id: 'w' }], commit);
  assert.equal(line(committed, commit), '');
  assert.equal(line(committed, commit, dayLater), '');
  assert.equal(line(committed, release('expired', 'w'), dayLater), 'hold_not_expired');
  assert.equal(line(committed, release('payout_failed', 'w')), 'FundsReleased payout_failed 9+0');
  assert.equal(
    line(history(open, credit(9n), [withdraw(6n), { id: 'w' }], release('payout_failed', 'w')), commit),
    'hold_over',
  );
  assert.equal(line(history(open), commit), 'hold_unknown');
  const dated = ReserveFunds({
    ...ann,
    holdId: 'lot',
    claimId: 'a',
    amount: 1n,
    purpose: 'bid',
    expiresAt: NOON,
  });
  assert.equal(line(history(open, credit(9n), dated), release('expired'), dayLater), 'hold_not_expired');
});

test('a hold keeps its purpose', () => {
  const other = ReserveFunds({ ...ann, holdId: 'lot', claimId: 'b', amount: 1n, purpose: 'withdrawal' });
  assert.equal(line(history(open, credit(9n), reserve('a', 1n)), other), 'FundsRefused other_purpose');
});

const facts: Facts = { now: NOON, actor: person('ann'), id: 'x', screened: undefined };
const after = (state: typeof wallet.initial, events: readonly NewEvent[]) =>
  events.reduce(
    (so, event) => wallet.evolve(so, event as never, { position: undefined, occurredAt: NOON, actor: 'ann' }),
    state,
  );
const funded = after(wallet.initial, history(open, credit(5_000n)));
/** The state after many claims, folded once instead of from the beginning each time. */
const withClaims = (claims: readonly ReturnType<typeof reserve>[]) =>
  claims.reduce((so, { data }) => after(so, eventsOf(wallet.decide.ReserveFunds(data, so, facts))), funded);
const answerTo = ({ data }: ReturnType<typeof reserve>, state: typeof wallet.initial): string => {
  const [event] = eventsOf(wallet.decide.ReserveFunds(data, state, facts));
  const { reason } = (event?.data ?? {}) as { reason?: { code: string } };
  return reason?.code ?? event?.type ?? '';
};

test('open holds have a limit, which another claim of one of them does not touch', () => {
  const most = Array.from({ length: walletLimits.openHolds }, (_, at) => reserve('a', 1n, `lot-${at}`));
  assert.equal(answerTo(reserve('a', 1n, 'more'), withClaims(most.slice(1))), 'FundsReserved');
  assert.equal(answerTo(reserve('a', 1n, 'more'), withClaims(most)), 'too_many_holds');
  assert.equal(answerTo(reserve('b', 1n, 'lot-0'), withClaims(most)), 'FundsReserved');
});

test('the claims of a hold have a limit', () => {
  const most = Array.from({ length: walletLimits.claimsPerHold }, (_, at) => reserve(`c-${at}`, 1n));
  assert.equal(answerTo(reserve('more', 1n), withClaims(most.slice(1))), 'FundsReserved');
  assert.equal(answerTo(reserve('more', 1n), withClaims(most)), 'too_many_claims');
});

test('a credit is decided once for ever, however many came behind it', () => {
  const credits = Array.from({ length: 3_000 }, (_, at) => credit(1n, `m-${at}`));
  const state = credits.reduce(
    (so, { data }) => after(so, eventsOf(wallet.decide.CreditWallet(data, so, facts))),
    after(wallet.initial, history(open)),
  );
  for (const { data } of [credits[0], credits[1_500]] as typeof credits)
    assert.deepEqual(wallet.decide.CreditWallet(data, state, facts), []);
  assert.equal(state.available, 3_000n);
});

test('a hold that has ended never comes back, nor is a claim of it made twice, however many came behind it', () => {
  const aside = walletLimits.openHolds + walletLimits.endedHolds + 10;
  let state = funded;
  const decide = (decision: Parameters<typeof eventsOf>[0]): void => {
    state = after(state, eventsOf(decision));
  };
  for (let at = 0; at < aside; at++) {
    decide(wallet.decide.ReserveFunds(reserve('a', 1n, `lot-${at}`).data, state, facts));
    if (at % 2 === 0) decide(wallet.decide.ReleaseHold(release('unsold', `lot-${at}`).data, state, facts));
    else decide(wallet.decide.EndClaim({ ...end('a').data, holdId: `lot-${at}` }, state, facts));
  }
  assert.equal(answerTo(reserve('b', 1n, 'lot-0'), state), 'hold_over');
  for (const holdId of ['lot-0', 'lot-1']) {
    const again = wallet.decide.ReserveFunds(reserve('a', 1n, holdId).data, state, facts);
    assert.equal('rejected' in again && again.code, 'claim_over');
  }
  // One that only rests takes another claim, and then knows both.
  decide(wallet.decide.ReserveFunds(reserve('b', 1n, 'lot-1').data, state, facts));
  assert.deepEqual([heldBy(holdNamed(state.holds, 'lot-1')), state.held], [1n, 1n]);
  const first = wallet.decide.ReserveFunds(reserve('a', 1n, 'lot-1').data, state, facts);
  assert.equal('rejected' in first && first.code, 'claim_over');
});
