import { account } from '../accounts/account/decider.ts';
import {
  accountStream,
  CloseAccount,
  EraseMe,
  ErasePerson,
  type ErasurePrecondition,
  MoneyLeft,
  type MoneyPrecondition,
  WalletsOpen,
} from '../accounts/account/messages.ts';
import type { Account } from '../accounts/account/state.ts';
import type { Actor } from '../kernel/actor.ts';
import { currencies } from '../kernel/currencies.ts';
import type { PersonId } from '../kernel/ids.ts';
import { Erased } from '../kernel/rejections.ts';
import { workflow } from '../kernel/workflow.ts';
import { unclaimed } from '../wallets/unclaimed/decider.ts';
import { unclaimedStream } from '../wallets/unclaimed/messages.ts';
import { wallet } from '../wallets/wallet/decider.ts';
import { CloseIfGone, OpenWallet, OwnerGone, walletStream } from '../wallets/wallet/messages.ts';

type Wallet = typeof wallet.initial;
type Unclaimed = typeof unclaimed.initial;

/**
 * Whether anything is in it, owed by it, or on its way into it. What is bid on an open auction is held here. A transfer that was sent is
 * the other wallet's to take, and nothing tells the sender that it was: one that comes back behind a leaving is owed to them by their id.
 */
const isUsed = ({ available, held, owed, topUps }: Wallet): boolean =>
  available + held + owed > 0n || topUps.length > 0;

type Named<Data> = (data: Data, actor: Pick<Actor, 'id'>) => PersonId;
export const named = ({ person }: { readonly person: PersonId }): PersonId => person;

/** The wallets and what is unclaimed in every currency, once in the life of a person. There is no list of them that could be out of date. */
export const moneyOf = <Data>(person: Named<Data>) =>
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

const hasMoney = (states: Readonly<Record<string, Wallet | Unclaimed>>): boolean =>
  Object.values(states).some((state) => ('balance' in state ? state.balance > 0n : isUsed(state)));

function closed(states: Readonly<Record<string, Wallet | Unclaimed>>): ErasurePrecondition {
  if (hasMoney(states)) return { refusal: MoneyLeft({}) };
  const open = Object.entries(states).flatMap(([name, state]) =>
    'phase' in state && state.phase === 'open' ? [name] : [],
  );
  return open.length === 0 ? {} : { refusal: WalletsOpen({ currencies: open }) };
}

/** The house cannot close a wallet for somebody: those that are open are closed behind it. */
export function withoutMoney(states: Readonly<Record<string, Wallet | Unclaimed>>): MoneyPrecondition {
  return hasMoney(states) ? { refusal: MoneyLeft({}) } : {};
}

const leaving = {
  refuses: ({ refusal }: { readonly refusal?: object }) => refusal !== undefined,
  outcome: () => 'accepted' as const,
};
const themselves = moneyOf((_: object, { id }) => id);
const accountOf = <Data>(person: Named<Data>) => ({
  ...{ decider: account, toEnd: true },
  stream: (data: Data, actor: Pick<Actor, 'id'>) => accountStream({ person: person(data, actor) }),
});

/** Why whoever has left opens no wallet any more, by whatever token. */
function whyNoWallet({ account: { phase } }: { readonly account: Account }) {
  if (phase === 'erased') return Erased({});
  return phase === 'closed' ? OwnerGone({}) : undefined;
}

/**
 * Nobody leaves, or is forgotten, to whom money belongs, or who owes some: nobody could ever say whose it is, or come in to have it. Their
 * wallets are closed by then: what comes later, of a lot that is sold for example, none of them takes, so that it is owed to them by their
 * id, and staff see it. A wallet may be opened while its owner leaves, each decided before the other is recorded: whoever looks behind
 * their commit sees the other, and it is closed ({@link CloseIfGone}).
 */
export const leave = [
  workflow({
    command: OpenWallet,
    reads: { account: accountOf((_: object, { id }) => id) },
    precondition: whyNoWallet,
    refuses: (refusal) => refusal !== undefined,
    outcome: () => 'accepted' as const,
  }),
  workflow({
    command: CloseIfGone,
    reads: { account: accountOf(named) },
    precondition: ({ account: { phase } }) => phase === 'erased' || phase === 'closed',
    refuses: () => false,
    outcome: () => 'accepted' as const,
  }),
  workflow({ command: CloseAccount, reads: themselves, precondition: closed, ...leaving }),
  workflow({ command: EraseMe, reads: themselves, precondition: closed, ...leaving }),
  workflow({ command: ErasePerson, reads: moneyOf(named), precondition: withoutMoney, ...leaving }),
];
