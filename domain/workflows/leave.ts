import { account } from '../accounts/account/decider.ts';
import {
  accountStream,
  CloseAccount,
  EraseMe,
  ErasePerson,
  type ErasurePrecondition,
  MoneyLeft,
  type MoneyPrecondition,
  SalesOpen,
  WalletsOpen,
} from '../accounts/account/messages.ts';
import type { Account } from '../accounts/account/state.ts';
import { type Consignor, consignor } from '../auctions/consignor/decider.ts';
import { consignorStream } from '../auctions/consignor/messages.ts';
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
export type Theirs = Wallet | Unclaimed | Consignor;

/**
 * Whether anything is in it, owed by it, or on its way into it. What is bid on an open auction is held here. A transfer that was sent is
 * the other wallet's to take, and nothing tells the sender that it was: one that comes back behind a leaving is discharged as what comes later.
 */
const isUsed = ({ available, held, owed, topUps }: Wallet): boolean =>
  available + held + owed > 0n || topUps.length > 0;

type Named<Data> = (data: Data, actor: Pick<Actor, 'id'>) => PersonId;
export const named = ({ person }: { readonly person: PersonId }): PersonId => person;

interface ReadOf<Data> {
  readonly decider: { readonly category: string; readonly initial: Theirs };
  readonly toEnd: boolean;
  readonly stream: (data: Data, actor: Pick<Actor, 'id'>) => string;
}

/**
 * The wallets and what is unclaimed in every currency, once in the life of a person: there is no list of them that could be out of date.
 * And what they sell, which a stream of theirs knows before anybody is told that their lot is scheduled.
 */
export function allOf<Data>(whose: Named<Data>): Readonly<Record<string, ReadOf<Data>>> {
  const read = (decider: ReadOf<Data>['decider'], streamOf: (person: PersonId) => string): ReadOf<Data> => ({
    ...{ decider, toEnd: true },
    stream: (data, actor) => streamOf(whose(data, actor)),
  });
  const money = [...currencies.keys()].flatMap((currency) => [
    [currency, read(wallet, (person) => walletStream({ person, currency }))] as const,
    [`unclaimed ${currency}`, read(unclaimed, (person) => unclaimedStream({ person, currency }))] as const,
  ]);
  return Object.fromEntries([
    ...money,
    ['selling', read(consignor, (person) => consignorStream({ person }))],
  ]);
}

const isMoney = (state: Theirs | undefined): boolean =>
  state !== undefined && ('balance' in state ? state.balance > 0n : 'phase' in state && isUsed(state));

/** In which currencies there is some: in a wallet, or unclaimed. */
const moneyIn = (states: Readonly<Record<string, Theirs>>): string[] =>
  [...currencies.keys()].filter(
    (currency) => isMoney(states[currency]) || isMoney(states[`unclaimed ${currency}`]),
  );

/** Who sells is to be there until they are paid: asked first, or they would close the wallet that their proceeds are to come into. */
export function withoutMoney(states: Readonly<Record<string, Theirs>>): MoneyPrecondition {
  const { selling } = states;
  if (selling !== undefined && 'selling' in selling && selling.selling > 0)
    return { refusal: SalesOpen({ sales: selling.selling }) };
  const found = moneyIn(states);
  return found.length > 0 ? { refusal: MoneyLeft({ currencies: found }) } : {};
}

/** The house cannot close a wallet for somebody: those that are open when it erases them are closed behind it. */
function closed(states: Readonly<Record<string, Theirs>>): ErasurePrecondition {
  const kept = withoutMoney(states);
  if (kept.refusal !== undefined) return kept;
  const open = Object.entries(states).flatMap(([name, state]) =>
    'phase' in state && state.phase === 'open' ? [name] : [],
  );
  return open.length === 0 ? {} : { refusal: WalletsOpen({ currencies: open }) };
}

export const leaving = {
  refuses: ({ refusal }: { readonly refusal?: object }) => refusal !== undefined,
  outcome: () => 'accepted' as const,
};
const themselves = allOf((_: object, { id }) => id);
export const accountOf = <Data>(person: Named<Data>) => ({
  ...{ decider: account, toEnd: true },
  stream: (data: Data, actor: Pick<Actor, 'id'>) => accountStream({ person: person(data, actor) }),
});

/** Why whoever has left opens no wallet any more, by whatever token. */
function whyNoWallet({ account: { phase } }: { readonly account: Account }) {
  if (phase === 'erased') return Erased({});
  return phase === 'closed' ? OwnerGone({}) : undefined;
}

/**
 * Nobody leaves, or is forgotten, to whom money belongs, or who owes some: nobody could ever say whose it is, or come in to have it. Nor who
 * sells, as long as their sale is under way. Their wallets are closed by then: what comes later, of a payout that is returned for example,
 * none of them takes, so that it is owed to them by their id; staff see it, and the house gives it out itself (`DischargeUnclaimed`). So it
 * is with the proceeds of a lot that is offered in the very moment in which its seller leaves: neither has seen the other, and nothing looks
 * behind their commit, because nothing is lost by it. A wallet may be opened while its owner leaves, each decided before the other is
 * recorded: whoever looks behind their commit sees the other, and it is closed ({@link CloseIfGone}).
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
  workflow({ command: ErasePerson, reads: allOf(named), precondition: withoutMoney, ...leaving }),
];
