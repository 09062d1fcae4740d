import { account } from '../accounts/account/decider.ts';
import {
  accountStream,
  CloseAccount,
  EraseMe,
  ErasePerson,
  type ErasurePrecondition,
  MoneyLeft,
  WalletsOpen,
} from '../accounts/account/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import { currencies } from '../kernel/currencies.ts';
import type { PersonId } from '../kernel/ids.ts';
import { Erased } from '../kernel/rejections.ts';
import { workflow } from '../kernel/workflow.ts';
import { unclaimed } from '../wallets/unclaimed/decider.ts';
import { unclaimedStream } from '../wallets/unclaimed/messages.ts';
import { wallet } from '../wallets/wallet/decider.ts';
import { OpenWallet, walletStream } from '../wallets/wallet/messages.ts';

type Wallet = typeof wallet.initial;
type Unclaimed = typeof unclaimed.initial;

/** Whether anything is in it, owed by it, or on its way into it. What is bid on an open auction is held here. */
const isUsed = ({ available, held, owed, topUps }: Wallet): boolean =>
  available + held + owed > 0n || topUps.length > 0;

type Named<Data> = (data: Data, actor: Pick<Actor, 'id'>) => PersonId;

/** The wallets and what is unclaimed in every currency, once in the life of a person. There is no list of them that could be out of date. */
const moneyOf = <Data>(person: Named<Data>) =>
  Object.fromEntries(
    [...currencies.keys()].flatMap((currency) => [
      [
        currency,
        {
          ...{ decider: wallet, toEnd: true },
          stream: (data: Data, actor: Pick<Actor, 'id'>) =>
            walletStream({ person: person(data, actor), currency }),
        },
      ],
      [
        `unclaimed ${currency}`,
        {
          ...{ decider: unclaimed, toEnd: true },
          stream: (data: Data, actor: Pick<Actor, 'id'>) =>
            unclaimedStream({ person: person(data, actor), currency }),
        },
      ],
    ]),
  );

function precondition(states: Readonly<Record<string, Wallet | Unclaimed>>): ErasurePrecondition {
  const left = Object.values(states).some((state) =>
    'balance' in state ? state.balance > 0n : isUsed(state),
  );
  if (left) return { refusal: MoneyLeft({}) };
  const open = Object.entries(states).flatMap(([name, state]) =>
    'phase' in state && state.phase === 'open' ? [name] : [],
  );
  return open.length === 0 ? {} : { refusal: WalletsOpen({ currencies: open }) };
}

const leaving = {
  precondition,
  refuses: ({ refusal }: ErasurePrecondition) => refusal !== undefined,
  outcome: () => 'accepted' as const,
};
const themselves = moneyOf((_: object, { id }) => id);

/**
 * Nobody leaves, or is forgotten, to whom money belongs, or who owes some: nobody could ever say whose it is, or come in to have it. Their
 * wallets are closed by then: what comes later, of a lot that is sold for example, none of them takes, so that it is owed to them by their
 * id, and staff see it and end it.
 */
export const leave = [
  // And whoever is forgotten opens none any more, by whatever token.
  workflow({
    command: OpenWallet,
    reads: {
      account: {
        decider: account,
        stream: (_: object, { id }: Pick<Actor, 'id'>) => accountStream({ person: id }),
        toEnd: true,
      },
    },
    precondition: ({ account: { phase } }) => (phase === 'erased' ? Erased({}) : undefined),
    refuses: (refusal) => refusal !== undefined,
    outcome: () => 'accepted' as const,
  }),
  workflow({ command: CloseAccount, reads: themselves, ...leaving }),
  workflow({ command: EraseMe, reads: themselves, ...leaving }),
  workflow({
    command: ErasePerson,
    reads: moneyOf(({ person }: { readonly person: PersonId }) => person),
    ...leaving,
  }),
];
