import { LotSold, SettleLot, StopSettlement } from '#domain/auctions/auction/messages.ts';
import { EndSelling } from '#domain/auctions/consignor/messages.ts';
import type { EventDeclaration, EventOf, NewEvent, Rejection } from '#domain/kernel/message.ts';
import { type Answer, type Sending, type Step as StepOf, saga, unheard } from '#domain/kernel/saga.ts';
import { CreditPlatform } from '#domain/wallets/platform/messages.ts';
import { KeepUnclaimed } from '#domain/wallets/unclaimed/messages.ts';
import { CaptureHold, CreditRefused, CreditWallet, DebtPaid } from '#domain/wallets/wallet/messages.ts';

type Sold = EventOf<typeof LotSold>['data'];
type State = {
  readonly sold: Sold | undefined;
  readonly paidTo: 'seller' | 'unclaimed';
  /** Of the proceeds: what a debt took, in minor units; undefined before they are paid, and in states of before. */
  readonly debtPaid?: bigint;
};
type Stage = 'capture' | 'proceeds' | 'unclaimed' | 'keep' | 'fees';
type Purpose = Stage | 'settle' | 'stop' | 'over';
type Step = StepOf<State, Purpose, never>;

const proceedsOf = ({ hammer, commission }: Sold): bigint => hammer - commission;
const feesOf = ({ premium, commission }: Sold): bigint => premium + commission;

const capture = ({ winner, currency, auctionId, hammer, premium, settlement }: Sold): Sending<Purpose> => ({
  command: CaptureHold({
    ...{ person: winner, currency, holdId: auctionId, movement: settlement },
    amount: hammer + premium,
  }),
  purpose: 'capture',
});
const payProceeds = (sold: Sold): Sending<Purpose> => ({
  command: CreditWallet({
    ...{ person: sold.seller, currency: sold.currency, movement: sold.settlement },
    amount: proceedsOf(sold),
    reason: 'sale_proceeds',
  }),
  purpose: 'proceeds',
});
const keepUnclaimed = ({ seller, currency, settlement }: Sold, amount: bigint): Sending<Purpose> => ({
  command: KeepUnclaimed({
    ...{ person: seller, currency, movement: settlement },
    amount,
    reason: 'sale_proceeds',
  }),
  purpose: 'keep',
});
const payFees = (sold: Sold): Sending<Purpose> => ({
  command: CreditPlatform({
    ...{ account: 'fees', currency: sold.currency, movement: sold.settlement },
    amount: feesOf(sold),
    reason: 'fees',
    apart: true,
  }),
  purpose: 'fees',
});

/** From here on nothing comes to the seller by itself, and nothing keeps them. */
const over = ({ seller: person, lotId, auctionId }: Sold): Sending<Purpose> => ({
  command: EndSelling({ person, lotId, auctionId }),
  purpose: 'over',
});
function settle(state: State, sold: Sold): Step {
  const { auctionId } = sold;
  const { paidTo, debtPaid } = state;
  const command = SettleLot({ auctionId, paidTo, ...(debtPaid !== undefined && { debtPaid }) });
  return { state, sends: [{ command, purpose: 'settle' }, over(sold)], done: true };
}
const fees = (state: State, sold: Sold): Step =>
  feesOf(sold) === 0n ? settle(state, sold) : { state, sends: [payFees(sold)] };
const proceeds = (state: State, sold: Sold): Step =>
  proceedsOf(sold) === 0n ? fees(state, sold) : { state, sends: [payProceeds(sold)] };

/** What the events of this type say that they have moved, together. */
const sumOf = (events: readonly NewEvent[], declared: EventDeclaration): bigint =>
  events
    .filter(({ type }) => type === declared.type)
    .reduce((sum, { data }) => sum + (data as { readonly amount: bigint }).amount, 0n);

/**
 * The seller is paid when it is so: what the wallet has taken is in it or has paid a debt, by this very answer; what it refuses
 * is owed to them. That is kept by its own reaction, and asked for here as well, once for the movement, so that its answer says
 * that it is kept. Without events (the wallet was asked again long after) nothing is known but that it has its way.
 */
function paid(state: State, sold: Sold, { outcome, events }: Answer): Step {
  const debtPaid = sumOf(events, DebtPaid);
  const known = outcome === 'accepted' && events.length === 0 ? state : { ...state, debtPaid };
  if (outcome === 'accepted') return fees(known, sold);
  const refused = sumOf(events, CreditRefused);
  const owed: State = { ...(refused === 0n ? state : known), paidTo: 'unclaimed' };
  return refused === 0n ? fees(owed, sold) : { state: owed, sends: [keepUnclaimed(sold, refused)] };
}

/**
 * A no that has no way around is recorded where the sale is: the money waits in clearing, and somebody has to look. Its seller is not kept
 * for that, which may take for ever: what somebody has paid to them later is owed to them, if they have left.
 */
const stop = (state: State, sold: Sold, at: Stage, { code, message }: Rejection): Step => ({
  state,
  sends: [
    {
      command: StopSettlement({ auctionId: sold.auctionId, at, reason: { code, message, details: {} } }),
      purpose: 'stop',
    },
    over(sold),
  ],
  done: true,
});

/** What follows the answer of one stage. A no stops the settlement. */
const after =
  (at: Stage, next: (state: State, sold: Sold) => Step) =>
  (state: State, answer: Answer): Step | undefined => {
    const { sold } = state;
    if (sold === undefined) return undefined;
    return answer.outcome === 'accepted' ? next(state, sold) : stop(state, sold, at, answer.rejection);
  };

/**
 * After the hammer: the winner's hold is captured, the seller gets the hammer less commission, the house premium and
 * commission, and the sale is settled. Proceeds that the seller's wallet cannot take are owed to them, less what a debt takes.
 */
export const settlement = saga({
  name: 'settlement',
  version: 1,
  initial: { sold: undefined, paidTo: 'seller' } as State,
  on: (when) => [
    when(
      LotSold,
      (_, { data }): Step => ({
        state: { sold: data, paidTo: 'seller' },
        sends: [capture(data)],
      }),
    ),
  ],
  id: ({ data }) => data.auctionId,
  answers: {
    capture: after('capture', proceeds),
    proceeds: (state, answer) => state.sold && paid(state, state.sold, answer),
    keep: after('keep', fees),
    // Of settlements of before, which gave to the house what is owed to the seller.
    unclaimed: after('unclaimed', fees),
    fees: after('fees', settle),
    settle: unheard,
    stop: unheard,
    over: unheard,
  },
});
