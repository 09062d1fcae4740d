import { whyNot } from '../auctions/auction/bidding.ts';
import { AuctionUnknown, BidAccepted, BidRefused, CurrencyMismatch } from '../auctions/auction/messages.ts';
import { feeOn } from '../auctions/fees.ts';
import {
  BidNotFunded,
  BidPlaced,
  type BidPrecondition,
  BidRejected,
  PlaceBid,
} from '../auctions/participant/messages.ts';
import type { Actor } from '../kernel/actor.ts';
import type { RecordedEvent } from '../kernel/envelope.ts';
import type { Instant } from '../kernel/instant.ts';
import { type CommandData, type Rejection, type RejectionOf, rejectionFrom } from '../kernel/message.ts';
import { money } from '../kernel/money.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { workflow } from '../kernel/workflow.ts';
import { type Debtor, standingDebt } from '../wallets/debtor/decider.ts';
import {
  DebtOutstanding,
  FundsRefused,
  InsufficientFunds,
  ReserveFunds,
} from '../wallets/wallet/messages.ts';
import {
  behindThem,
  type Surroundings,
  surroundings,
  whyCalledOff,
  whyNotWelcome,
} from './auction-surroundings.ts';
import { debtorOf } from './while-in-debt.ts';

/** What stands against a bid at the door, or what has to be held for it. */
function precondition(
  { auction, debtor, ...around }: Surroundings & { readonly debtor: Debtor },
  { maximum: { amount: maximum, currency } }: CommandData<typeof PlaceBid>,
  { now, actor }: { readonly now: Instant; readonly actor: Actor },
): BidPrecondition {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { terms } = auction;
  const unwelcome = whyNotWelcome(auction, around, actor);
  if (unwelcome !== undefined) return { refusal: unwelcome };
  if (currency !== terms.currency) return { refusal: CurrencyMismatch({ currency: terms.currency }) };
  const refusal = whyNot(auction, { bidder: actor.id, maximum }, { moment: now }) ?? whyCalledOff(around);
  if (refusal !== undefined) return { refusal };
  const hold = maximum + feeOn(maximum, terms.premium);
  // The wallet would say no in the same words, and has the last one: it reads the debt to its end.
  const debt = standingDebt(debtor);
  if (debt !== undefined) {
    const owing = { owed: debt.owed, owedIn: debt.currency, cause: DebtOutstanding.code };
    return { refusal: BidNotFunded({ needed: money(hold, currency), ...owing }) };
  }
  return { hold, endsAt: terms.endsAt };
}

const isDebt = (why: Rejection): why is RejectionOf<typeof DebtOutstanding> =>
  why.code === DebtOutstanding.code;
const isLack = (why: Rejection): why is RejectionOf<typeof InsufficientFunds> =>
  why.code === InsufficientFunds.code;

/** What an event says of the bid, if it says how it ended. */
function endOf(event: RecordedEvent, bidId: string): RecordedEvent | Rejection | undefined {
  if (isRecorded(event, BidAccepted)) return event.data.bidId === bidId ? event : undefined;
  if (isRecorded(event, BidRefused) || isRecorded(event, BidRejected))
    return event.data.bidId === bidId ? rejectionFrom(PlaceBid.rejections, event.data.reason) : undefined;
  if (!isRecorded(event, FundsRefused) || event.data.claimId !== bidId) return undefined;
  const { amount, currency, reason } = event.data;
  const why = rejectionFrom(ReserveFunds.rejections, reason);
  return BidNotFunded({
    needed: money(amount, currency),
    ...(isLack(why) && { missing: money(why.details.needed - why.details.available, currency) }),
    ...(isDebt(why) && { owed: why.details.owed, owedIn: why.details.currency }),
    cause: reason.code,
  });
}

/**
 * A bid from the door to its outcome: checked against the auction and the bidder's debts, placed on the participant's stream, funded by the
 * wallet, decided by the auction. A bid that is accepted need not lead: it may be outbid in the same moment.
 */
export const placeBid = workflow({
  command: PlaceBid,
  reads: { ...surroundings, debtor: debtorOf },
  readsNext: behindThem,
  precondition,
  refuses: (precondition) => 'refusal' in precondition,
  outcome(events) {
    const own = events.find((event) => isRecorded(event, BidPlaced) || isRecorded(event, BidRejected));
    if (own === undefined) return 'pending';
    const { bidId } = own.data as { readonly bidId: string };
    for (const event of events) {
      const end = endOf(event, bidId);
      if (end !== undefined) return end;
    }
    return 'pending';
  },
});
