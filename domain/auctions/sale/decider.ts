import { CurrencyUnknown, currencies } from '../../kernel/currencies.ts';
import { decider } from '../../kernel/decider.ts';
import { type EventOf, type Rejection, recordedReason } from '../../kernel/message.ts';
import { OwnAffair, whoActs } from '../../kernel/own-affair.ts';
import { areSound } from '../fees.ts';
import { isAnyAmong } from '../hands.ts';
import { maximaKnown } from '../inspector/insight.ts';
import { HasReadSecrets } from '../inspector/messages.ts';
import { ladderOf } from '../ladder.ts';
import {
  AUCTIONS_PER_APPEND,
  AuctionCalledOff,
  AuctionEntered,
  AuctionExists,
  AuctionTurnedAway,
  commands,
  EnterSale,
  events,
  HasBid,
  LadderUnknown,
  SaleCancelled,
  SaleClosed,
  SaleExists,
  SaleFull,
  SaleNotOpen,
  SalePhase,
  SalePublished,
  SaleScheduled,
  SaleUnknown,
  saleStream,
  UnsoundTiers,
} from './messages.ts';
import { enteredAs, evolve, type KnownSale, noSale, notCalledOff, phaseOf } from './state.ts';

/** So many auctions a sale takes. Calling the last of them off is one more of its events. */
const MOST_AUCTIONS = 10_000;

type Place = EventOf<typeof AuctionEntered>['data'];

/** The next auctions of a cancelled sale to be called off, as many as one append may. */
const calledOff = (saleId: string, sale: KnownSale, cause: string) =>
  notCalledOff(sale)
    .slice(0, AUCTIONS_PER_APPEND)
    .map(([auctionId, { lotId }]) => AuctionCalledOff({ saleId, auctionId, lotId, cause }));

function whyTurnedAway(sale: KnownSale): Rejection | undefined {
  if (sale.phase !== 'published') return SaleNotOpen(phaseOf(sale));
  return sale.auctions.size < MOST_AUCTIONS ? undefined : SaleFull({ most: MOST_AUCTIONS });
}

const turnedAway = ({ saleId, auctionId, lotId }: Place, why: Rejection) =>
  AuctionTurnedAway({ saleId, auctionId, lotId, reason: recordedReason(EnterSale.rejections, why) });

/**
 * Lots offered together on one set of terms: scheduled → published → closed; cancelled at any time, since the
 * auctions of a closed one still run. It keeps account of them: none is scheduled before its sale has taken it in, so that a sale that is cancelled knows all of them.
 */
export const sale = decider({
  stream: saleStream,
  events,
  commands,
  stateVersion: 3,
  initial: noSale,
  evolve,
  decide: {
    ScheduleSale({ saleId, title, description, currency, premium, commission, ladderVersion }, sale) {
      if (sale.phase !== 'none') return SaleExists({});
      if (!currencies.has(currency)) return CurrencyUnknown({ currency });
      if (!areSound(premium)) return UnsoundTiers({ of: 'premium' });
      if (!areSound(commission)) return UnsoundTiers({ of: 'commission' });
      const ladder = ladderOf(currency, ladderVersion);
      if (ladder === undefined) return LadderUnknown({ currency, version: ladderVersion });
      return [SaleScheduled({ saleId, title, description, currency, premium, commission, ladder })];
    },
    PublishSale({ saleId }, known) {
      if (known.phase === 'none') return SaleUnknown({});
      if (known.phase === 'published') return [];
      return known.phase === 'scheduled' ? [SalePublished({ saleId })] : SalePhase(phaseOf(known));
    },
    CloseSale({ saleId }, sale, { actor, precondition }) {
      if (sale.phase === 'none') return SaleUnknown({});
      if (sale.phase === 'closed') return [];
      if (sale.phase !== 'published') return SalePhase(phaseOf(sale));
      if (isAnyAmong(sale.consignors, whoActs(actor))) return OwnAffair({});
      return precondition.hasBid ? HasBid({}) : [SaleClosed({ saleId })];
    },
    CancelSale({ saleId, cause }, sale, { actor, precondition }) {
      if (sale.phase === 'none') return SaleUnknown({});
      if (sale.phase === 'cancelled') return [];
      if (isAnyAmong(sale.consignors, whoActs(actor))) return OwnAffair({});
      // Its auctions are called off with it, which whoever knows their maxima must not do.
      const known = maximaKnown(precondition.inspector, { opened: sale.firstEntered });
      if (known !== undefined) return HasReadSecrets({ readUntil: known.until });
      if (precondition.hasBid) return HasBid({});
      const cancelled = SaleCancelled({ saleId, cause, auctions: sale.auctions.size });
      return [cancelled, ...calledOff(saleId, sale, cause)];
    },
    EnterSale({ seller, ...place }, sale) {
      const { saleId, auctionId, lotId } = place;
      if (sale.phase === 'none') return [turnedAway(place, SaleUnknown({}))];
      const entered = enteredAs(sale, auctionId);
      if (entered !== undefined) return entered.lotId === lotId ? [] : [turnedAway(place, AuctionExists({}))];
      const why = whyTurnedAway(sale);
      if (why !== undefined) return [turnedAway(place, why)];
      const whose = seller === undefined ? {} : { seller };
      return [AuctionEntered({ saleId, auctionId, lotId, ...whose })];
    },
    CountIn({ saleId, auctionId, lotId }, sale) {
      if (sale.phase === 'none') return SaleUnknown({});
      if (enteredAs(sale, auctionId) !== undefined) return [];
      if (sale.phase !== 'cancelled') return [AuctionEntered({ saleId, auctionId, lotId })];
      return [AuctionCalledOff({ saleId, auctionId, lotId, cause: sale.cause ?? 'The sale was cancelled.' })];
    },
    CallOffRest: ({ saleId }, sale) =>
      sale.phase === 'cancelled' ? calledOff(saleId, sale, sale.cause ?? 'The sale was cancelled.') : [],
  },
});
