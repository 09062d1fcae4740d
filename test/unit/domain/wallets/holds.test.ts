import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wallet } from '#domain/wallets/wallet/decider.ts';
import { heldBy, holdNamed } from '#domain/wallets/wallet/holds.ts';
import { walletLimits } from '#domain/wallets/wallet/limits.ts';
import { InsufficientFunds, ReserveFunds } from '#domain/wallets/wallet/messages.ts';
import { decideOn, eventsOf, firstOf } from '#test/support/given.ts';
import {
  after,
  ann,
  capture,
  credit,
  currency,
  end,
  facts,
  history,
  line,
  open,
  release,
  reserve,
} from '#test/support/wallets.ts';

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

test('a hold keeps its purpose', () => {
  const other = ReserveFunds({ ...ann, holdId: 'lot', claimId: 'b', amount: 1n, purpose: 'withdrawal' });
  assert.equal(line(history(open, credit(9n), reserve('a', 1n)), other), 'FundsRefused other_purpose');
});

const funded = after(wallet.initial, history(open, credit(5_000n)));
/** The state after many claims, folded once instead of from the beginning each time. */
const withClaims = (claims: readonly ReturnType<typeof reserve>[], before = funded) =>
  claims.reduce((so, { data }) => after(so, eventsOf(wallet.decide.ReserveFunds(data, so, facts))), before);
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
  const almost = withClaims(most.slice(1));
  assert.equal(answerTo(reserve('more', 1n), almost), 'FundsReserved');
  assert.equal(answerTo(reserve('more', 1n), withClaims(most.slice(0, 1), almost)), 'too_many_claims');
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
