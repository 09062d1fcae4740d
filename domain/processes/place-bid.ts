import { hasHandIn, whyNot } from '../auctions/auction/bidding.ts';
import { auction } from '../auctions/auction/decider.ts';
import {
  AuctionUnknown,
  BidAccepted,
  BidRefused,
  CurrencyMismatch,
  OwnLot,
} from '../auctions/auction/messages.ts';
import type { AuctionState } from '../auctions/auction/state.ts';
import { feeOn } from '../auctions/fees.ts';
import { inspector } from '../auctions/inspector/decider.ts';
import { secretsKnown } from '../auctions/inspector/insight.ts';
import { HasReadSecrets } from '../auctions/inspector/messages.ts';
import type { Inspector } from '../auctions/inspector/reading.ts';
import {
  BidNotFunded,
  BidPlaced,
  BidRejected,
  type BidScreening,
  PlaceBid,
  StaffMayNotBid,
} from '../auctions/participant/messages.ts';
import { mayNotBid } from '../auctions/people.ts';
import type { Actor } from '../kernel/actor.ts';
import type { RecordedEvent } from '../kernel/envelope.ts';
import { type CommandData, type Rejection, type RejectionOf, rejectionFrom } from '../kernel/message.ts';
import { money } from '../kernel/money.ts';
import { process } from '../kernel/process.ts';
import { isRecorded } from '../kernel/reaction.ts';
import { FundsRefused, InsufficientFunds, ReserveFunds } from '../wallets/wallet/messages.ts';

/** What stands against a bid at the door, or what has to be held for it. */
function screen(
  { auction, inspector }: { readonly auction: AuctionState; readonly inspector: Inspector },
  { maximum: { amount: maximum, currency } }: CommandData<typeof PlaceBid>,
  { actor }: { readonly actor: Actor },
): BidScreening {
  if (auction.phase === 'none') return { refusal: AuctionUnknown({}) };
  const { terms } = auction;
  if (mayNotBid(actor)) return { refusal: StaffMayNotBid({}) };
  if (hasHandIn(terms, actor.id)) return { refusal: OwnLot({}) };
  const known = secretsKnown(inspector, auction);
  if (known !== undefined) return { refusal: HasReadSecrets({ readUntil: known.until }) };
  if (currency !== terms.currency) return { refusal: CurrencyMismatch({ currency: terms.currency }) };
  const refusal = whyNot(auction, { bidder: actor.id, maximum });
  return refusal === undefined ? { hold: maximum + feeOn(maximum, terms.premium) } : { refusal };
}

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
    cause: reason.code,
  });
}

/**
 * A bid from the door to its outcome: screened against the auction, placed on the participant's stream, funded by the
 * wallet, decided by the auction. A bid that is accepted need not lead: it may be outbid in the same moment.
 */
export const placeBid = process({
  command: PlaceBid,
  reads: {
    auction: { decider: auction, stream: ({ auctionId }) => `auction-${auctionId}` },
    // No later stage asks it again: who reads a maximum and bids through another process must not find it unread there.
    inspector: { decider: inspector, stream: (_, { id }) => `inspector-${id}`, toEnd: true },
  },
  screen,
  refuses: (screened) => 'refusal' in screened,
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
