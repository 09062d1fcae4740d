import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { PaymentId } from '../../kernel/ids.ts';
import type { EventOf } from '../../kernel/message.ts';
import { smaller } from '../../kernel/money.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import {
  type Hold,
  type Holds,
  holdNamed,
  newHold,
  noHolds,
  overHold,
  stateOfClaim,
  withAnsweredClaim,
  withHold,
  withOpenClaim,
} from './holds.ts';
import type { events } from './messages.ts';

/** A credit is decided once for its movement and reason, for ever, with this answer. */
type Credited = 'credited' | 'refused';

export interface Owed {
  readonly paymentId: string;
  readonly amount: bigint;
}

/** What decisions on a wallet rest on. Amounts are minor units of the wallet's currency. */
export interface Wallet {
  readonly phase: 'none' | 'open' | 'closed';
  readonly available: bigint;
  readonly held: bigint;
  /** By its person in this currency. While something is, nothing is available. */
  readonly owed: bigint;
  /** How often the debt has changed, and every movement that it came by. */
  readonly debtChanges: number;
  readonly debts: IdTable<true>;
  /** What is owed, the oldest first, by the payment that it came by (or its movement, where that is not known). */
  readonly owedBy: readonly Owed[];
  /** By payment: what the house has given up and not recovered. */
  readonly lost: IdTable<bigint>;
  readonly holds: Holds;
  /** Payments into it that are under way, with what each will bring. */
  readonly topUps: readonly { readonly paymentId: PaymentId; readonly amount: bigint }[];
  /** By movement and reason. */
  readonly credits: IdTable<Credited>;
}

export const noWallet: Wallet = {
  phase: 'none',
  available: 0n,
  held: 0n,
  owed: 0n,
  debtChanges: 0,
  debts: emptyTable,
  owedBy: [],
  lost: emptyTable,
  holds: noHolds,
  topUps: [],
  credits: emptyTable,
};

/** What it holds, as an event says it. */
export const balanceOf = ({ available, held }: Wallet): { available: bigint; held: bigint } => ({
  available,
  held,
});

export const creditKey = ({ movement, reason }: { movement: string; reason: string }): string =>
  `${movement} ${reason}`;

const withoutTopUp = (wallet: Wallet, paymentId: PaymentId): Wallet => ({
  ...wallet,
  topUps: wallet.topUps.filter((each) => each.paymentId !== paymentId),
});

interface CreditName {
  readonly movement: string;
  readonly reason: string;
}

/** A top-up's movement bears the id of its payment, which has come to its end with its credit. */
const withCredit = (wallet: Wallet, credit: CreditName, credited: Credited): Wallet => ({
  ...withoutTopUp(wallet, credit.movement),
  credits: withValue(wallet.credits, creditKey(credit), credited),
});

type WalletEvent = EventOf<(typeof events)[number]>;
type DataOf<T extends WalletEvent['type']> = Extract<WalletEvent, { type: T }>['data'];

/** One of which nothing is known yet is a new one. */
const holdOf = ({ holds }: Wallet, holdId: string): Hold => holdNamed(holds, holdId) ?? newHold(holdId);

function reserved(wallet: Wallet, data: DataOf<'FundsReserved'>): Wallet {
  const { holdId, claimId, amount, purpose, expiresAt, balance } = data;
  const { expiresAt: _, ...hold } = holdOf(wallet, holdId);
  const claimed = withOpenClaim(
    { ...hold, purpose, ...(expiresAt !== undefined && { expiresAt }) },
    { claimId, amount },
  );
  return { ...wallet, ...balance, holds: withHold(wallet.holds, claimed) };
}

function claimEnded(wallet: Wallet, { holdId, claimId, balance }: DataOf<'ClaimEnded'>): Wallet {
  const hold = holdOf(wallet, holdId);
  const state = stateOfClaim(hold, claimId) === undefined ? 'void' : 'ended';
  return { ...wallet, ...balance, holds: withHold(wallet.holds, withAnsweredClaim(hold, claimId, state)) };
}

/** What is still owed after a payment: of the payment that the money came by first, then the oldest. */
function lessOwed(owedBy: readonly Owed[], paid: bigint, first: string | undefined): readonly Owed[] {
  let rest = paid;
  const left = new Map<Owed, bigint>();
  for (const debt of owedBy.toSorted(
    (a, b) => Number(b.paymentId === first) - Number(a.paymentId === first),
  )) {
    const part = smaller(debt.amount, rest);
    rest -= part;
    left.set(debt, debt.amount - part);
  }
  return owedBy.flatMap((debt) => {
    const amount = left.get(debt) ?? 0n;
    return amount === 0n ? [] : [{ ...debt, amount }];
  });
}

/** All that is owed is lost. */
const givenUp = (wallet: Wallet): Wallet => ({
  ...wallet,
  owedBy: [],
  lost: wallet.owedBy.reduce(
    (lost, { paymentId, amount }) => withValue(lost, paymentId, (valueIn(lost, paymentId) ?? 0n) + amount),
    wallet.lost,
  ),
});

/** The wallet after an event. Balances come from the events, which carry them for statements. */
export function evolve(wallet: Wallet, event: WalletEvent): Wallet {
  switch (event.type) {
    case 'WalletOpened':
      return { ...wallet, phase: 'open' };
    case 'WalletClosed':
      return { ...wallet, phase: 'closed' };
    case 'TopUpRequested': {
      const { paymentId, amount } = event.data;
      return { ...wallet, topUps: [...wallet.topUps, { paymentId, amount }] };
    }
    case 'TopUpEnded':
      return withoutTopUp(wallet, event.data.paymentId);
    case 'TransferRefused':
    case 'WithdrawalRefused':
      return wallet;
    case 'TransferSent':
    case 'MoneyLeftBehind':
      return { ...wallet, ...event.data.balance };
    case 'FundsReserved':
      return reserved(wallet, event.data);
    case 'FundsRefused': {
      const { holdId, claimId } = event.data;
      const refused = withAnsweredClaim(holdOf(wallet, holdId), claimId, 'ended');
      return { ...wallet, holds: withHold(wallet.holds, refused) };
    }
    case 'ClaimEnded':
      return claimEnded(wallet, event.data);
    case 'HoldCommitted': {
      const hold = holdNamed(wallet.holds, event.data.holdId);
      if (hold === undefined) return wallet;
      return { ...wallet, holds: withHold(wallet.holds, { ...hold, committed: true }) };
    }
    case 'FundsCaptured': {
      const { holdId, movement, balance } = event.data;
      const captured = overHold(holdOf(wallet, holdId), movement);
      return { ...wallet, ...balance, holds: withHold(wallet.holds, captured) };
    }
    case 'FundsReleased': {
      const { holdId, balance } = event.data;
      return { ...wallet, ...balance, holds: withHold(wallet.holds, overHold(holdOf(wallet, holdId))) };
    }
    case 'FundsCredited':
      return withCredit({ ...wallet, ...event.data.balance }, event.data, 'credited');
    case 'CreditRefused': {
      const { movement, credit } = event.data;
      return withCredit(wallet, { movement, reason: credit }, 'refused');
    }
    case 'DebtIncurred': {
      const { owed, nth, movement, amount, paymentId = movement } = event.data;
      const owedBy = [...wallet.owedBy, { paymentId, amount }];
      return { ...wallet, owed, owedBy, debtChanges: nth, debts: withValue(wallet.debts, movement, true) };
    }
    case 'DebtPaid': {
      const { owed, nth, balance, credit, amount, paymentId } = event.data;
      const owedBy = lessOwed(wallet.owedBy, amount, paymentId);
      const paid = { ...wallet, ...balance, owed, owedBy, debtChanges: nth };
      if (credit === undefined) return paid;
      return withCredit(paid, credit, 'credited');
    }
    case 'DebtWrittenOff':
      return { ...givenUp(wallet), owed: event.data.owed, debtChanges: event.data.nth };
    case 'LossRecovered': {
      const { paymentId, amount, credit } = event.data;
      const rest = (valueIn(wallet.lost, paymentId) ?? 0n) - amount;
      return withCredit({ ...wallet, lost: withValue(wallet.lost, paymentId, rest) }, credit, 'credited');
    }
    default:
      return unreachable(event);
  }
}
