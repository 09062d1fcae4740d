import { workflow } from '../kernel/workflow.ts';
import { type Debtor, debtor, standingDebt } from '../wallets/debtor/decider.ts';
import { debtorStream } from '../wallets/debtor/messages.ts';
import { CloseWallet, CommitHold, ReserveFunds, Transfer, Withdraw } from '../wallets/wallet/messages.ts';

// Nothing leaves a person's wallets, in whatever currency, while they owe in one of them. A wallet knows its own debt; of the
// others it is told by the precondition, which reads the debtor's stream to its end.

/** What whoever sends the command owes, as far as it is known here. */
export const debtorOf = {
  decider: debtor,
  stream: (_: object, { id }: { readonly id: string }) => debtorStream({ person: id }),
} as const;
const own = { ...debtorOf, toEnd: true } as const;
const named = {
  decider: debtor,
  stream: debtorStream,
  toEnd: true,
} as const;
const precondition = {
  precondition: ({ debtor }: { readonly debtor: Debtor }) => standingDebt(debtor),
  refuses: (debt: unknown) => debt !== undefined,
  outcome: () => 'accepted' as const,
};

export const whileInDebt = [
  workflow({ command: Transfer, reads: { debtor: own }, ...precondition }),
  workflow({ command: Withdraw, reads: { debtor: own }, ...precondition }),
  workflow({ command: CloseWallet, reads: { debtor: own }, ...precondition }),
  workflow({ command: ReserveFunds, reads: { debtor: named }, ...precondition }),
  workflow({ command: CommitHold, reads: { debtor: named }, ...precondition }),
];
