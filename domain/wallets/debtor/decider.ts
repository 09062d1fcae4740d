import { decider } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { commands, type Debt, DebtExpected, DebtNoted, debtorStream, events } from './messages.ts';

export interface Debtor {
  /** By currency: there are no more of them than there are currencies. */
  readonly debts: readonly (Debt & { readonly nth: number })[];
  /** What went back and its wallet has not answered for yet. */
  readonly expected: readonly (Debt & { readonly movement: string })[];
  /** Every movement that a debt was expected or told by. */
  readonly movements: IdTable<true>;
}

/** The first debt that stands, or is about to. */
export function standingDebt({ debts, expected }: Debtor): Debt | undefined {
  const standing = debts.find(({ owed }) => owed > 0n) ?? expected[0];
  return standing && { owed: standing.owed, currency: standing.currency };
}

/**
 * What one person owes, in all currencies. A debt is expected here before its wallet hears of it: so from when it is in one
 * wallet no other begins to let anything go. Then each wallet tells of its own; what it told later counts.
 */
export const debtor = decider({
  stream: debtorStream,
  events,
  commands,
  stateVersion: 2,
  initial: { debts: [], expected: [], movements: emptyTable } as Debtor,
  evolve(known, event) {
    const { currency, movement } = event.data;
    const movements = movement === undefined ? known.movements : withValue(known.movements, movement, true);
    switch (event.type) {
      case 'DebtExpected': {
        const { amount: owed } = event.data;
        const expected = [...known.expected, { owed, currency, movement: event.data.movement }];
        return { ...known, expected, movements };
      }
      case 'DebtNoted': {
        const { owed, nth } = event.data;
        return {
          debts: [...known.debts.filter((each) => each.currency !== currency), { currency, owed, nth }],
          expected: known.expected.filter((each) => each.movement !== movement),
          movements,
        };
      }
      default:
        return unreachable(event);
    }
  },
  decide: {
    ExpectDebt({ person, currency, amount, movement, paymentId }, { movements }) {
      if (valueIn(movements, movement) === true) return [];
      const of = paymentId === undefined ? {} : { paymentId };
      return [DebtExpected({ person, currency, amount, movement, ...of })];
    },
    NoteDebt({ person, currency, owed, nth, movement }, { debts, expected }) {
      const of = movement === undefined ? {} : { movement };
      const known = debts.find((each) => each.currency === currency);
      if (known === undefined || nth > known.nth) return [DebtNoted({ person, currency, owed, nth, ...of })];
      // A late report says nothing of what is owed; but what was expected has come.
      if (!expected.some((each) => each.movement === movement)) return [];
      return [DebtNoted({ person, currency, owed: known.owed, nth: known.nth, ...of })];
    },
  },
});
