import { LotSold, SettleLot, StopSettlement } from '#domain/auctions/auction/messages.ts';
import type { EventOf, Rejection } from '#domain/kernel/message.ts';
import type { Intent } from '#domain/kernel/reaction.ts';
import { type Answer, type Step, saga } from '#domain/kernel/saga.ts';
import { CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { CaptureHold, CreditWallet } from '#domain/wallets/wallet/messages.ts';

type Sold = EventOf<typeof LotSold>['data'];
type State = { readonly sold: Sold | undefined; readonly paidTo: 'seller' | 'unclaimed' };
type Stage = 'capture' | 'proceeds' | 'unclaimed' | 'fees';

const proceedsOf = ({ hammer, commission }: Sold): bigint => hammer - commission;
const feesOf = ({ premium, commission }: Sold): bigint => premium + commission;

const capture = ({ winner, currency, auctionId, hammer, premium, settlement }: Sold): Intent => ({
  command: CaptureHold({
    ...{ person: winner, currency, holdId: auctionId, movement: settlement },
    amount: hammer + premium,
  }),
  purpose: 'capture',
});
const payProceeds = (sold: Sold): Intent => ({
  command: CreditWallet({
    ...{ person: sold.seller, currency: sold.currency, movement: sold.settlement },
    amount: proceedsOf(sold),
    reason: 'sale_proceeds',
  }),
  purpose: 'proceeds',
});
const payFees = (sold: Sold): Intent => ({
  command: CreditPlatform({
    ...{ account: 'fees', currency: sold.currency, movement: sold.settlement },
    amount: feesOf(sold),
    reason: 'fees',
    apart: true,
  }),
  purpose: 'fees',
});

const settle = (state: State, sold: Sold): Step<State> => ({
  state,
  sends: [{ command: SettleLot({ auctionId: sold.auctionId, paidTo: state.paidTo }), purpose: 'settle' }],
  done: true,
});
const fees = (state: State, sold: Sold): Step<State> =>
  feesOf(sold) === 0n ? settle(state, sold) : { state, sends: [payFees(sold)] };
const proceeds = (state: State, sold: Sold): Step<State> =>
  proceedsOf(sold) === 0n ? fees(state, sold) : { state, sends: [payProceeds(sold)] };

/** What the seller's wallet refuses is owed to them, by its own reaction: less what paid a debt of theirs. */
const unclaimed = (state: State, sold: Sold): Step<State> => fees({ ...state, paidTo: 'unclaimed' }, sold);

/** A no that has no way around is recorded where the sale is: the money waits in clearing, and somebody has to look. */
const stop = (state: State, { auctionId }: Sold, at: Stage, { code, message }: Rejection): Step<State> => ({
  state,
  sends: [
    {
      command: StopSettlement({ auctionId, at, reason: { code, message, details: {} } }),
      purpose: 'stop',
    },
  ],
  done: true,
});

/** What follows the answer of one stage. Without a way around it a no stops the settlement. */
const after =
  (
    at: Stage,
    next: (state: State, sold: Sold) => Step<State>,
    around?: (state: State, sold: Sold) => Step<State>,
  ) =>
  (state: State, answer: Answer): Step<State> | undefined => {
    const { sold } = state;
    if (sold === undefined) return undefined;
    if (answer.outcome === 'accepted') return next(state, sold);
    return around === undefined ? stop(state, sold, at, answer.rejection) : around(state, sold);
  };

/**
 * After the hammer: the winner's hold is captured, the seller gets the hammer less commission, the house premium and
 * commission, and the sale is settled. Proceeds that the seller's wallet cannot take are owed to them.
 */
export const settlement = saga({
  name: 'settlement',
  version: 1,
  initial: { sold: undefined, paidTo: 'seller' } as State,
  events: [LotSold],
  id: ({ data }) => data.auctionId,
  on: {
    LotSold: (_, { data }): Step<State> => ({
      state: { sold: data, paidTo: 'seller' },
      sends: [capture(data)],
    }),
  },
  answers: {
    capture: after('capture', proceeds),
    proceeds: after('proceeds', fees, unclaimed),
    unclaimed: after('unclaimed', fees),
    fees: after('fees', settle),
  },
});
