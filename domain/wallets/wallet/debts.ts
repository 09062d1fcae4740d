import type { Facts } from '../../kernel/decider.ts';
import { valueIn } from '../../kernel/id-table.ts';
import type { PersonId } from '../../kernel/ids.ts';
import type { CommandData, EventOf, Rejection } from '../../kernel/message.ts';
import { type Currency, smaller } from '../../kernel/money.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import type { Debt } from '../debtor/messages.ts';
import { availableOf, clearingOf, moved, platformAccount, receivableOf } from '../posting.ts';
import { leftBehind } from './left-behind.ts';
import {
  type CreditReason,
  DebtIncurred,
  DebtOutstanding,
  DebtPaid,
  DebtWrittenOff,
  type events,
  type IncurDebt,
  LossRecovered,
  NothingOwed,
  type WriteOffDebt,
} from './messages.ts';
import { balanceOf, evolve, type Wallet } from './state.ts';

type Event = EventOf<(typeof events)[number]>;
/** By which payment money comes, if by one. */
interface Credited {
  readonly movement: string;
  readonly paymentId?: string | undefined;
}
interface Whose {
  readonly person: PersonId;
  readonly currency: Currency;
}

/** Why nothing leaves the wallet: its person owes in its currency, or, by the precondition, in another one. */
export function whyKept({ owed }: Wallet, currency: Currency, precondition: Debt | undefined) {
  if (owed > 0n) return DebtOutstanding({ owed, currency });
  return precondition === undefined ? undefined : DebtOutstanding(precondition);
}

/** The first part of a payment moves under its id. */
const paymentOf = ({ movement, paymentId = movement }: Partial<Credited>): string => paymentId ?? '';

const ofItsPayment = (by: Partial<Credited>, { owedBy }: Wallet): { readonly paymentId?: string } => {
  const paymentId = paymentOf(by);
  return owedBy.some((debt) => debt.paymentId === paymentId) ? { paymentId } : {};
};

/** What is available pays what is owed, at once: so while something is owed nothing is available. */
function paidByAvailable(
  { person, currency, ...by }: Whose & Partial<Credited>,
  wallet: Wallet,
): readonly Event[] {
  const amount = smaller(wallet.owed, wallet.available);
  if (amount === 0n) return [];
  return [
    DebtPaid({
      ...{ person, currency, amount, owed: wallet.owed - amount, nth: wallet.debtChanges + 1 },
      ...ofItsPayment(by, wallet),
      postings: moved(availableOf(person, currency), receivableOf(person, currency), amount),
      balance: { available: wallet.available - amount, held: wallet.held },
    }),
  ];
}

/** A decision after which money may be available: it pays debts in the same append, and stays in no closed wallet. */
export function payingDebts<
  Data extends Whose,
  Made extends readonly Event[] | Rejection,
  Precondition = undefined,
>(
  decide: (data: Data, wallet: Wallet, facts: Facts<Precondition>) => Made,
): (data: Data, wallet: Wallet, facts: Facts<Precondition>) => readonly Event[] | Extract<Made, Rejection> {
  return (data, wallet, facts) => {
    const made: readonly Event[] | Rejection = decide(data, wallet, facts);
    if ('rejected' in made) return made as Extract<Made, Rejection>;
    if (made.length === 0) return made;
    const after = made.reduce(evolve, wallet);
    const paid = paidByAvailable(data, after);
    return [...made, ...paid, ...leftBehind(data, paid.reduce(evolve, after), facts)];
  };
}

/** As much of a credit as is owed, out of clearing: for a wallet that cannot take the credit itself. */
export function paidByCredit(
  {
    person,
    currency,
    amount,
    movement,
    paymentId,
    reason,
  }: Whose & Credited & { readonly amount: bigint; readonly reason: CreditReason },
  wallet: Wallet,
) {
  const { owed, debtChanges } = wallet;
  const part = smaller(owed, amount);
  // A transfer that cannot arrive goes back: it is its sender's.
  if (part === 0n || reason === 'transfer') return undefined;
  return DebtPaid({
    ...{ person, currency, amount: part, owed: owed - part, nth: debtChanges + 1 },
    credit: { movement, reason, ...(paymentId !== undefined && { paymentId }) },
    ...ofItsPayment({ movement, paymentId }, wallet),
    postings: moved(clearingOf(movement, currency), receivableOf(person, currency), part),
    balance: balanceOf(wallet),
  });
}

/** What comes back of a payment whose debt was written off makes up for the loss first; other money does not: that was forgiven. */
export function recovered(
  data: Whose & Credited & { readonly amount: bigint; readonly reason: CreditReason },
  wallet: Wallet,
) {
  const { person, currency, movement, reason } = data;
  const paymentId = paymentOf(data);
  const amount = smaller(valueIn(wallet.lost, paymentId) ?? 0n, data.amount);
  if (amount === 0n) return undefined;
  const postings = moved(clearingOf(movement, currency), platformAccount('losses', currency), amount);
  const credit = { movement, reason };
  return LossRecovered({ person, currency, amount, paymentId, credit, postings, balance: balanceOf(wallet) });
}

export function incurDebt(data: CommandData<typeof IncurDebt>, wallet: Wallet): readonly Event[] {
  const { person, currency, amount, movement, paymentId } = data;
  if (valueIn(wallet.debts, movement) === true) return [];
  const owed = wallet.owed + amount;
  const of = paymentId === undefined ? {} : { paymentId };
  const balance = balanceOf(wallet);
  return [
    DebtIncurred({ person, currency, amount, movement, ...of, owed, nth: wallet.debtChanges + 1, balance }),
  ];
}

export function writeOffDebt(
  { person, currency, cause, reference }: CommandData<typeof WriteOffDebt>,
  wallet: Wallet,
  { actor }: Pick<Facts, 'actor'>,
) {
  const own = ownAffair(actor, person);
  if (own !== undefined) return own;
  const { owed: amount, debtChanges } = wallet;
  if (amount === 0n) return NothingOwed({ currency });
  const postings = moved(platformAccount('losses', currency), receivableOf(person, currency), amount);
  const debt = { owed: 0n, nth: debtChanges + 1 };
  const why = { cause, ...(reference !== undefined && { reference }) };
  return [
    DebtWrittenOff({ person, currency, amount, ...why, ...debt, postings, balance: balanceOf(wallet) }),
  ];
}
