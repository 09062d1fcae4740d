import type { FoldedAt } from '../../kernel/decider.ts';
import { emptyTable, type IdTable, valueIn, withValue } from '../../kernel/id-table.ts';
import type { EventOf } from '../../kernel/message.ts';
import { unreachable } from '../../kernel/unreachable.ts';
import { type Hands, noHands, withHand } from '../hands.ts';
import type { LotId } from '../ids.ts';
import type { events, SaleTerms } from './messages.ts';

/** An auction of a sale. */
interface Entered {
  readonly lotId: LotId;
  readonly calledOff: boolean;
}

export interface KnownSale {
  readonly phase: 'scheduled' | 'published' | 'closed' | 'cancelled';
  readonly terms: SaleTerms;
  /** Who has arranged or changed it: they bid in none of its auctions. */
  readonly hands: Hands;
  readonly auctions: IdTable<Entered>;
  /** Whose lots it has taken in, as far as it was told: they decide nothing of it. */
  readonly consignors: Hands;
  /** Where its first auction was taken in; undefined as long as it has none. */
  readonly firstEntered: FoldedAt | undefined;
  /** Why it was cancelled; undefined as long as it is not. */
  readonly cause: string | undefined;
}
export type Sale = { readonly phase: 'none' } | KnownSale;
export const noSale: Sale = { phase: 'none' };
export type SaleEvent = EventOf<(typeof events)[number]>;

export const enteredAs = ({ auctions }: KnownSale, auctionId: string): Entered | undefined =>
  valueIn(auctions, auctionId);

/** In what phase a sale is, and why it was cancelled. */
export const phaseOf = ({ phase, cause }: KnownSale) => (cause === undefined ? { phase } : { phase, cause });

/** The ids of all that it has taken in. */
export const auctionsIn = ({ auctions }: KnownSale): readonly string[] =>
  auctions.buckets.flatMap((bucket) => bucket.map(([auctionId]) => auctionId));

/** The auctions that stand although the sale does not, in an order that is always the same. */
export const notCalledOff = ({
  auctions,
}: KnownSale): readonly (readonly [auctionId: string, entered: Entered])[] =>
  auctions.buckets.flatMap((bucket) => bucket.filter(([, { calledOff }]) => !calledOff));

function evolveKnown(sale: KnownSale, event: SaleEvent, at: FoldedAt): KnownSale {
  switch (event.type) {
    case 'SaleScheduled':
    case 'AuctionTurnedAway':
      return sale;
    case 'SalePublished':
      return { ...sale, phase: 'published', hands: withHand(sale.hands, at) };
    case 'SaleClosed':
      return { ...sale, phase: 'closed', hands: withHand(sale.hands, at) };
    case 'SaleCancelled':
      return { ...sale, phase: 'cancelled', cause: event.data.cause, hands: withHand(sale.hands, at) };
    case 'AuctionEntered': {
      const { auctionId, lotId, seller } = event.data;
      const auctions = withValue(sale.auctions, auctionId, { lotId, calledOff: false });
      const consignors =
        seller === undefined ? sale.consignors : withHand(sale.consignors, { actor: seller });
      return { ...sale, auctions, consignors, firstEntered: sale.firstEntered ?? at };
    }
    case 'AuctionCalledOff': {
      const { auctionId, lotId } = event.data;
      return { ...sale, auctions: withValue(sale.auctions, auctionId, { lotId, calledOff: true }) };
    }
    default:
      return unreachable(event);
  }
}

export function evolve(sale: Sale, event: SaleEvent, at: FoldedAt): Sale {
  if (sale.phase !== 'none') return evolveKnown(sale, event, at);
  if (event.type !== 'SaleScheduled') return sale;
  const { currency, premium, commission, ladder } = event.data;
  return {
    phase: 'scheduled',
    terms: { currency, premium, commission, ladder },
    hands: withHand(noHands, at),
    auctions: emptyTable,
    consignors: noHands,
    firstEntered: undefined,
    cause: undefined,
  };
}
