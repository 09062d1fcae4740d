import { derivedId } from '../../kernel/canonical.ts';
import { isOver, whenDue } from '../../kernel/deadline.ts';
import { decider } from '../../kernel/decider.ts';
import { type Rejection, recordedReason } from '../../kernel/message.ts';
import { ownAffair } from '../../kernel/own-affair.ts';
import { feeOn } from '../fees.ts';
import { maximaKnown } from '../inspector/insight.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import { AuctionExists, HasBid, SaleNotOpen } from '../sale/messages.ts';
import { nameOf } from './bid-name.ts';
import { accept, mayArrange, phaseOf, whyNot } from './bidding.ts';
import { isDecided } from './decided-bids.ts';
import {
  AcceptBid,
  AuctionBarred,
  AuctionCancelled,
  AuctionOpened,
  AuctionOver,
  AuctionRefused,
  AuctionScheduled,
  AuctionUnknown,
  auctionStream,
  BidPassedOver,
  BidRefused,
  commands,
  events,
  FundedTooLate,
  LotClosing,
  LotPassed,
  LotSettled,
  LotSold,
  NotYourAuction,
  RegisterAuction,
  SettlementStopped,
} from './messages.ts';
import { meetsReserve } from './proxy.ts';
import { type AuctionTerms, evolve, type KnownAuction, noAuction } from './state.ts';

/** Only what the schema names; a command is never spread into an event. */
function termsOf(terms: AuctionTerms): AuctionTerms {
  const { auctionId, saleId, lotId, seller, staff, title, description, categories, pictures } = terms;
  const { currency, estimateLow, estimateHigh, openingBid, reserve, minimumReputation } = terms;
  const { ladder, premium, commission, opensAt, endsAt, consignedAt } = terms;
  return {
    ...{ auctionId, saleId, lotId, seller, title, description, categories, pictures },
    ...{ currency, estimateLow, estimateHigh, openingBid, ladder, premium, commission, opensAt, endsAt },
    ...(staff === undefined ? {} : { staff }),
    ...(reserve === undefined ? {} : { reserve }),
    ...(consignedAt === undefined ? {} : { consignedAt }),
    ...(minimumReputation === undefined ? {} : { minimumReputation }),
  };
}

const leadingOf = ({ standing }: KnownAuction) =>
  standing === undefined
    ? {}
    : { leading: { bidder: standing.leading.bidder, bidId: standing.leading.bidId } };

/** Whether something is said of this very lot in this very sale. */
const isOf = (
  said: Pick<AuctionTerms, 'lotId' | 'saleId'> | undefined,
  { lotId, saleId }: Pick<AuctionTerms, 'lotId' | 'saleId'>,
): boolean => said?.lotId === lotId && said.saleId === saleId;

const hasEnded = ({ phase }: KnownAuction): boolean =>
  phase === 'sold' || phase === 'passed' || phase === 'cancelled';

function cancelled(auction: KnownAuction, cause: string) {
  const { auctionId, lotId, currency } = auction.terms;
  return AuctionCancelled({ auctionId, lotId, currency, cause, ...leadingOf(auction) });
}

/** What could not begin in its time never begins. */
const neverOpened = ({ auctionId, lotId, currency }: AuctionTerms) =>
  LotPassed({ auctionId, lotId, currency, cause: 'never_opened' });

function hammer(auction: KnownAuction) {
  const { terms, standing } = auction;
  const { auctionId, lotId, seller, currency } = terms;
  if (standing === undefined) return LotPassed({ auctionId, lotId, currency, cause: 'no_bids' });
  const { leading, price } = standing;
  if (!meetsReserve(terms, leading.maximum))
    return LotPassed({ auctionId, lotId, currency, cause: 'reserve_not_met', ...leadingOf(auction) });
  return LotSold({
    auctionId,
    lotId,
    seller,
    winner: leading.bidder,
    winningBidId: leading.bidId,
    currency,
    hammer: price,
    premium: feeOn(price, terms.premium),
    commission: feeOn(price, terms.commission),
    settlement: derivedId('settlement', auctionId),
  });
}

/** A timed English auction of one lot: scheduled → open → closing → sold or passed; cancelled until the hammer falls. */
export const auction = decider({
  stream: auctionStream,
  events,
  commands,
  stateVersion: 6,
  initial: noAuction,
  evolve,
  barriers: ['LotClosing'],
  decide: {
    RegisterAuction(terms, auction) {
      const { auctionId, lotId } = terms;
      const refused = (why: Rejection) => [
        AuctionRefused({ auctionId, lotId, reason: recordedReason(RegisterAuction.rejections, why) }),
      ];
      if (auction.phase !== 'none') return auction.terms.lotId === lotId ? [] : refused(AuctionExists({}));
      if (isOf(auction.barred, terms)) return refused(SaleNotOpen({ phase: 'cancelled' }));
      return [AuctionScheduled(termsOf(terms))];
    },
    OpenAuction(_, auction, { actor, now }) {
      if (auction.phase === 'none') return AuctionUnknown({});
      if (!mayArrange(auction.terms, actor)) return NotYourAuction({});
      if (auction.phase === 'open') return [];
      if (auction.phase !== 'scheduled') return AuctionOver(phaseOf(auction));
      const { terms } = auction;
      const tooLate = isOver(terms.endsAt, now);
      if (actor.roles.includes('system'))
        return whenDue(terms.opensAt, now, () => [
          tooLate ? neverOpened(terms) : AuctionOpened(termsOf(terms)),
        ]);
      if (tooLate) return AuctionOver(phaseOf(auction));
      return [AuctionOpened(termsOf(terms))];
    },
    AcceptBid(bid, auction) {
      if (auction.phase === 'none') return AuctionUnknown({});
      const { auctionId, bidder, maximum, placedAt, moment } = bid;
      const name = nameOf(bid);
      if (isDecided(auction.decided, name)) return [];
      const why = isDecided(auction.passedOver, name)
        ? FundedTooLate({})
        : whyNot(auction, { bidder, maximum }, { moment, position: BigInt(placedAt) });
      if (why === undefined) return [accept(auction, { ...name, maximum })];
      const reason = recordedReason(AcceptBid.rejections, why);
      return [BidRefused({ auctionId, ...name, currency: auction.terms.currency, reason })];
    },
    PassOverBid(bid, auction) {
      if (auction.phase === 'none') return [];
      const name = nameOf(bid);
      if (isDecided(auction.decided, name) || isDecided(auction.passedOver, name)) return [];
      return [BidPassedOver({ auctionId: bid.auctionId, ...name })];
    },
    CloseLot({ auctionId }, auction, { now }) {
      if (auction.phase !== 'open') return [];
      return whenDue(auction.terms.endsAt, now, () => [LotClosing({ auctionId })]);
    },
    DropHammer(_, auction, { precondition: cause }) {
      if (auction.phase !== 'closing') return [];
      return [cause === undefined ? hammer(auction) : cancelled(auction, cause)];
    },
    CancelAuction({ cause }, auction, { actor, precondition }) {
      if (auction.phase === 'none') return AuctionUnknown({});
      if (auction.phase === 'cancelled') return [];
      if (auction.phase === 'sold' || auction.phase === 'passed') return AuctionOver(phaseOf(auction));
      const own = ownAffair(actor, auction.terms.seller);
      if (own !== undefined) return own;
      const known = maximaKnown(precondition.inspector, auction);
      if (known !== undefined) return HasReadSecrets({ readUntil: known.until });
      return precondition.hasBid ? HasBid({}) : [cancelled(auction, cause)];
    },
    CallOffAuction({ auctionId, lotId, saleId, cause }, auction) {
      const place = { lotId, saleId };
      if (auction.phase === 'none')
        return isOf(auction.barred, place) ? [] : [AuctionBarred({ auctionId, ...place })];
      if (!isOf(auction.terms, place)) return [];
      return hasEnded(auction) ? [] : [cancelled(auction, cause)];
    },
    SettleLot({ auctionId, paidTo, debtPaid }, auction) {
      if (auction.phase === 'none' || auction.sold === undefined) return [];
      if (auction.settlement === 'settled') return [];
      const { currency, hammer, premium, commission } = auction.sold;
      const paid = hammer + premium;
      const proceeds = hammer - commission;
      const took = debtPaid === undefined ? {} : { debtPaid };
      return [LotSettled({ auctionId, currency, paid, proceeds, fees: paid - proceeds, paidTo, ...took })];
    },
    StopSettlement({ auctionId, at, reason }, auction) {
      if (auction.phase !== 'sold' || auction.settlement !== 'due') return [];
      return [SettlementStopped({ auctionId, at, reason })];
    },
  },
});
