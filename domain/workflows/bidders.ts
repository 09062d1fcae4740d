import { inspector } from '../auctions/inspector/decider.ts';
import { inspectorStream } from '../auctions/inspector/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import { wallet } from '../wallets/wallet/decider.ts';
import { holdNamed } from '../wallets/wallet/holds.ts';
import { walletStream } from '../wallets/wallet/messages.ts';
import type { Wallet } from '../wallets/wallet/state.ts';

// Whoever has bid in an auction takes no hand in it, as whoever has a hand in it does not bid. Their wallet in its currency
// knows: a bid stands only when it is funded, and its hold bears the auction's id.

export const hasBidIn = ({ holds }: Pick<Wallet, 'holds'>, auctionId: string): boolean =>
  holdNamed(holds, auctionId)?.purpose === 'bid';

/** What somebody has been shown, whatever they come to do. */
export const ownInspector = {
  decider: inspector,
  stream: (_: object, { id }: Pick<Actor, 'id'>) => inspectorStream({ person: id }),
  toEnd: true,
} as const;

/** The wallet in which what somebody bids here would be held. Nobody asks again behind the precondition: it is read to its end. */
export const ownWallet = <States>(currencyIn: (states: States) => string | undefined) => ({
  decider: wallet,
  stream(states: States, { id }: Pick<Actor, 'id'>): string | undefined {
    const currency = currencyIn(states);
    return currency === undefined ? undefined : walletStream({ person: id, currency });
  },
  toEnd: true,
});
