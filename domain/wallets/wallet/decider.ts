import { CurrencyUnknown, currencies } from '../../kernel/currencies.ts';
import { whenDue } from '../../kernel/deadline.ts';
import { type Decision, decider, type Facts } from '../../kernel/decider.ts';
import { later } from '../../kernel/instant.ts';
import { type CommandData, type EventOf, recordedReason } from '../../kernel/message.ts';
import type { Debt } from '../debtor/messages.ts';
import { availableOf, clearingOf, heldOf, moved } from '../posting.ts';
import { closeIfGone, closeWallet } from './closing.ts';
import { creditWallet, tooMuch } from './crediting.ts';
import { incurDebt, payingDebts, whyKept, writeOffDebt } from './debts.ts';
import {
  expiryOf,
  hasExpired,
  heldBy,
  holdNamed,
  newHold,
  stateOfClaim,
  withAnsweredClaim,
} from './holds.ts';
import { walletLimits } from './limits.ts';
import {
  CaptureExceedsHold,
  type CaptureHold,
  ClaimEnded,
  ClaimOver,
  type CommitHold,
  commands,
  type EndClaim,
  events,
  FundsCaptured,
  FundsRefused,
  FundsReleased,
  HoldCommitted,
  HoldNotExpired,
  HoldOver,
  HoldUnknown,
  InsufficientFunds,
  OwnWallet,
  type ReleaseHold,
  ReserveFunds,
  TooManyPayments,
  TopUpEnded,
  TopUpRequested,
  Transfer,
  TransferRefused,
  TransferSent,
  WalletNotOpen,
  WalletOpened,
  type Withdraw,
  WithdrawalRefused,
  walletStream,
} from './messages.ts';
import { reserve, whyNot } from './reserving.ts';
import { evolve, noWallet, type Wallet } from './state.ts';

type Event = EventOf<(typeof events)[number]>;

function transfer(
  { to, amount, currency }: CommandData<typeof Transfer>,
  wallet: Wallet,
  facts: Facts<Debt | undefined>,
) {
  const person = facts.actor.id;
  if (wallet.phase !== 'open') return WalletNotOpen({ person, currency });
  if (to === person) return OwnWallet({});
  const { available } = wallet;
  const why =
    whyKept(wallet, currency, facts.precondition) ??
    (amount > available ? InsufficientFunds({ available, needed: amount, currency }) : undefined);
  if (why !== undefined) {
    return [
      TransferRefused({ person, currency, to, amount, reason: recordedReason(Transfer.rejections, why) }),
    ];
  }
  return [
    TransferSent({
      person,
      currency,
      to,
      amount,
      movement: facts.id,
      postings: moved(availableOf(person, currency), clearingOf(facts.id, currency), amount),
      balance: { available: wallet.available - amount, held: wallet.held },
    }),
  ];
}

/** The withdrawal, its hold and the hold's claim, the payment and the movement all bear one id: the decision's own. */
function withdraw(
  { amount, currency }: CommandData<typeof Withdraw>,
  wallet: Wallet,
  facts: Facts<Debt | undefined>,
) {
  const person = facts.actor.id;
  if (wallet.phase !== 'open') return WalletNotOpen({ person, currency });
  const wanted = {
    person,
    currency,
    amount,
    holdId: facts.id,
    claimId: facts.id,
    purpose: 'withdrawal',
    expiresAt: later(facts.now, walletLimits.withdrawalMs),
  } as const;
  const why = whyNot(wallet, wanted, facts.precondition);
  if (why === undefined) return [reserve(wallet, wanted)];
  return [
    WithdrawalRefused({ person, currency, amount, reason: recordedReason(ReserveFunds.rejections, why) }),
  ];
}

function reserveFunds(
  wanted: CommandData<typeof ReserveFunds>,
  wallet: Wallet,
  { precondition }: Facts<Debt | undefined>,
): Decision<Event, ReturnType<typeof ClaimOver>> {
  const { person, currency, holdId, claimId, purpose, amount } = wanted;
  const state = stateOfClaim(holdNamed(wallet.holds, holdId), claimId);
  if (state === 'open') return [];
  // A claim that has had its answer is not answered anew; one that was ended beforehand still waits for its no.
  if (state === 'ended') return ClaimOver({ holdId, claimId });
  const why = whyNot(wallet, wanted, precondition);
  if (why === undefined) return [reserve(wallet, wanted)];
  const reason = recordedReason(ReserveFunds.rejections, why);
  return [FundsRefused({ person, currency, holdId, claimId, purpose, amount, reason })];
}

function endClaim(
  { person, currency, holdId, claimId, reason }: CommandData<typeof EndClaim>,
  wallet: Wallet,
) {
  const hold = holdNamed(wallet.holds, holdId) ?? newHold(holdId);
  const state = stateOfClaim(hold, claimId);
  if (hold.over || (state !== undefined && state !== 'open')) return [];
  const before = heldBy(hold);
  const held = heldBy(withAnsweredClaim(hold, claimId, 'ended'));
  const released = before - held;
  return [
    ClaimEnded({
      person,
      currency,
      holdId,
      claimId,
      reason,
      released,
      held,
      holdEnded: before > 0n && held === 0n,
      postings: moved(heldOf(person, currency), availableOf(person, currency), released),
      balance: { available: wallet.available + released, held: wallet.held - released },
    }),
  ];
}

function captureHold(
  { person, currency, holdId, amount, movement }: CommandData<typeof CaptureHold>,
  wallet: Wallet,
) {
  const hold = holdNamed(wallet.holds, holdId);
  if (hold?.over === true) return hold.movement === movement ? [] : HoldOver({ holdId });
  if (hold?.purpose === undefined) return HoldUnknown({ holdId });
  const held = heldBy(hold);
  if (amount > held) return CaptureExceedsHold({ held, needed: amount, currency });
  const released = held - amount;
  return [
    FundsCaptured({
      person,
      currency,
      holdId,
      purpose: hold.purpose,
      amount,
      released,
      movement,
      postings: [
        ...moved(heldOf(person, currency), clearingOf(movement, currency), amount),
        ...moved(heldOf(person, currency), availableOf(person, currency), released),
      ],
      balance: { available: wallet.available + released, held: wallet.held - held },
    }),
  ];
}

function released(
  { person, currency, holdId, reason }: CommandData<typeof ReleaseHold>,
  wallet: Wallet,
): EventOf<typeof FundsReleased> {
  const amount = heldBy(holdNamed(wallet.holds, holdId));
  return FundsReleased({
    ...{ person, currency, holdId, amount, reason },
    postings: moved(heldOf(person, currency), availableOf(person, currency), amount),
    balance: { available: wallet.available + amount, held: wallet.held - amount },
  });
}

function releaseHold(data: CommandData<typeof ReleaseHold>, wallet: Wallet, { now }: Facts) {
  const { holdId, reason } = data;
  const hold = holdNamed(wallet.holds, holdId) ?? newHold(holdId);
  if (hold.over) return [];
  const release = () => [released(data, wallet)];
  if (reason !== 'expired') return release();
  const expiry = expiryOf(hold);
  return expiry === undefined ? HoldNotExpired({ holdId }) : whenDue(expiry, now, release);
}

/** What a hold was made for begins. Money of whoever has come to owe since does not begin to leave. */
function commitHold(
  { person, currency, holdId }: CommandData<typeof CommitHold>,
  wallet: Wallet,
  facts: Facts<Debt | undefined>,
) {
  const hold = holdNamed(wallet.holds, holdId);
  if (hold?.over === true) return HoldOver({ holdId });
  const held = heldBy(hold);
  if (hold?.purpose === undefined || held === 0n) return HoldUnknown({ holdId });
  if (hold.committed) return [];
  // Its timer may come later than its time, and what has not begun by then never begins.
  if (hasExpired(hold, facts.now)) return HoldOver({ holdId });
  if (hold.purpose === 'withdrawal' && whyKept(wallet, currency, facts.precondition) !== undefined)
    return [released({ person, currency, holdId, reason: 'debt_outstanding' }, wallet)];
  return [HoldCommitted({ person, currency, holdId, purpose: hold.purpose, held })];
}

/**
 * One person's money in one currency. Whatever a process waits for (a claim, a credit) is answered by an event, yes or
 * no, so that a stateless reaction can go on from it; a person's own command is refused by an event where money was
 * short, and by a mere answer where there is no wallet to record it in.
 */
export const wallet = decider({
  stream: walletStream,
  events,
  commands,
  stateVersion: 5,
  initial: noWallet,
  evolve,
  decide: {
    OpenWallet({ currency }, state, { actor, precondition }) {
      if (precondition !== undefined) return precondition;
      if (state.phase === 'open') return [];
      if (!currencies.has(currency)) return CurrencyUnknown({ currency });
      return [WalletOpened({ person: actor.id, currency })];
    },
    CloseWallet: closeWallet,
    CloseIfGone: closeIfGone,
    RequestTopUp({ amount, currency }, state, { now, actor, id }) {
      if (state.phase !== 'open') return WalletNotOpen({ person: actor.id, currency });
      if (!currencies.has(currency)) return CurrencyUnknown({ currency });
      if (state.topUps.length >= walletLimits.topUps) return TooManyPayments({ limit: walletLimits.topUps });
      const expiresAt = later(now, walletLimits.topUpMs);
      return (
        tooMuch(state, currency, amount) ?? [
          TopUpRequested({ person: actor.id, currency, paymentId: id, amount, expiresAt }),
        ]
      );
    },
    EndTopUp: ({ person, currency, paymentId }, { topUps }) =>
      topUps.some((each) => each.paymentId === paymentId)
        ? [TopUpEnded({ person, currency, paymentId })]
        : [],
    Transfer: transfer,
    Withdraw: withdraw,
    ReserveFunds: reserveFunds,
    EndClaim: payingDebts(endClaim),
    CommitHold: payingDebts(commitHold),
    CaptureHold: payingDebts(captureHold),
    ReleaseHold: payingDebts(releaseHold),
    CreditWallet: payingDebts(creditWallet),
    IncurDebt: payingDebts(incurDebt),
    WriteOffDebt: writeOffDebt,
  },
});
