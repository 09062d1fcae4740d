import { EraseMe, type ErasurePrecondition, MoneyLeft, WalletsOpen } from '../accounts/account/messages.ts';
import { currencies } from '../kernel/currencies.ts';
import { workflow } from '../kernel/workflow.ts';
import { unclaimed } from '../wallets/unclaimed/decider.ts';
import { unclaimedStream } from '../wallets/unclaimed/messages.ts';
import { wallet } from '../wallets/wallet/decider.ts';
import { walletStream } from '../wallets/wallet/messages.ts';

type Wallet = typeof wallet.initial;
type Unclaimed = typeof unclaimed.initial;
interface Asking {
  readonly id: string;
}

const walletIn = (currency: string) => ({
  decider: wallet,
  stream: (_: object, { id }: Asking) => walletStream({ person: id, currency }),
  toEnd: true,
});
const unclaimedIn = (currency: string) => ({
  decider: unclaimed,
  stream: (_: object, { id }: Asking) => unclaimedStream({ person: id, currency }),
  toEnd: true,
});

/** Whether anything is in it, owed by it, or on its way into it. What is bid on an open auction is held here. */
const isUsed = ({ available, held, owed, topUps }: Wallet): boolean =>
  available + held + owed > 0n || topUps.length > 0;

/**
 * Nobody is forgotten to whom money belongs, or who owes some: nobody could ever say whose it is. All currencies are asked for, once in
 * the life of a person. Their wallets are closed by then: what comes later, of a lot that is sold for example, none of them takes, so that it
 * is owed to them by their id, and staff see it and end it.
 */
export const eraseMe = workflow({
  command: EraseMe,
  reads: Object.fromEntries([...currencies.keys()].map((currency) => [currency, walletIn(currency)])),
  readsNext: Object.fromEntries(
    [...currencies.keys()].map((currency) => [`unclaimed ${currency}`, unclaimedIn(currency)]),
  ),
  precondition(states: Readonly<Record<string, Wallet | Unclaimed>>): ErasurePrecondition {
    const left = Object.values(states).some((state) =>
      'balance' in state ? state.balance > 0n : isUsed(state),
    );
    if (left) return { refusal: MoneyLeft({}) };
    const open = Object.entries(states).flatMap(([name, state]) =>
      'phase' in state && state.phase === 'open' ? [name] : [],
    );
    return open.length === 0 ? {} : { refusal: WalletsOpen({ currencies: open }) };
  },
  refuses: ({ refusal }) => refusal !== undefined,
  outcome: () => 'accepted',
});
