import { ExpireRegistration } from '../accounts/account/messages.ts';
import { type Account, isUnproven } from '../accounts/account/state.ts';
import type { PersonId } from '../kernel/ids.ts';
import { workflow } from '../kernel/workflow.ts';
import { accountOf, allOf, leaving, named, type Theirs, withoutMoney } from './leave.ts';

interface Whose {
  readonly account: Account;
}

/** The streams of what is theirs are many, and read of an account alone that is to end: by then almost all are proven. */
const readsNext = Object.fromEntries(
  Object.entries(allOf((whose: PersonId) => whose)).map(([name, { stream, ...read }]) => [
    name,
    {
      ...read,
      stream: ({ account }: Whose, actor: { readonly id: PersonId }) =>
        isUnproven(account) ? stream(account.person, actor) : undefined,
    },
  ]),
);

/** An account that nobody has proven in time, which ends as whoever leaves: not while money is its person’s, though none can be without a proof. */
export const expireRegistration = workflow({
  command: ExpireRegistration,
  reads: { account: accountOf(named) },
  readsNext,
  precondition: ({ account: _, ...theirs }) => withoutMoney(theirs as Readonly<Record<string, Theirs>>),
  ...leaving,
});
