import { decider } from '../../kernel/decider.ts';
import { type Debt, DebtNoted, debtorCommands, debtorEvents } from './messages.ts';

/** By currency: there are no more of them than there are currencies. */
export interface Debtor {
  readonly debts: readonly (Debt & { readonly nth: number })[];
}

/** The first debt that stands. */
export function standingDebt({ debts }: Debtor): Debt | undefined {
  const standing = debts.find(({ owed }) => owed > 0n);
  return standing && { owed: standing.owed, currency: standing.currency };
}

/** What one person owes, in all currencies. Each wallet tells of its own; what it told later counts. */
export const debtor = decider({
  category: 'debtor',
  events: debtorEvents,
  commands: debtorCommands,
  stateVersion: 1,
  initial: { debts: [] } as Debtor,
  evolve: ({ debts }, { data: { currency, owed, nth } }) => ({
    debts: [...debts.filter((each) => each.currency !== currency), { currency, owed, nth }],
  }),
  decide: {
    NoteDebt({ person, currency, owed, nth }, { debts }) {
      const known = debts.find((each) => each.currency === currency);
      return nth > (known?.nth ?? 0) ? [DebtNoted({ person, currency, owed, nth })] : [];
    },
  },
});
