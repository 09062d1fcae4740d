import { hasHandIn } from '../auctions/auction/bidding.ts';
import { auction } from '../auctions/auction/decider.ts';
import { AuctionNotOpen, auctionStream, OwnLot } from '../auctions/auction/messages.ts';
import type { AuctionState, KnownAuction } from '../auctions/auction/state.ts';
import { isAmong } from '../auctions/hands.ts';
import { secretsKnown } from '../auctions/inspector/insight.ts';
import { HasReadSecrets } from '../auctions/inspector/messages.ts';
import type { Inspector } from '../auctions/inspector/reading.ts';
import { type Lot, lot } from '../auctions/lot/decider.ts';
import { lotStream } from '../auctions/lot/messages.ts';
import { StaffMayNotBid } from '../auctions/participant/messages.ts';
import { mayNotBid } from '../auctions/people.ts';
import { sale } from '../auctions/sale/decider.ts';
import { saleStream } from '../auctions/sale/messages.ts';
import type { Sale } from '../auctions/sale/state.ts';
import type { Actor } from '../kernel/actor.ts';
import { ownInspector } from './bidders.ts';

/** All that says who may take part in an auction. */
export interface Surroundings {
  readonly auction: AuctionState;
  readonly inspector: Inspector;
  readonly lot: Lot;
  readonly sale: Sale;
}

/**
 * The streams a precondition reads of them. What a person has read or had a hand in no later stage asks again: who does it and bids
 * through another process must not find it undone there.
 */
export const surroundings = {
  auction: { decider: auction, stream: auctionStream },
  inspector: ownInspector,
} as const;

type First = Pick<Surroundings, 'auction'>;
export const behindThem = {
  lot: {
    decider: lot,
    stream: ({ auction }: First) => (auction.phase === 'none' ? undefined : lotStream(auction.terms)),
    toEnd: true,
  },
  sale: {
    decider: sale,
    stream: ({ auction }: First) => (auction.phase === 'none' ? undefined : saleStream(auction.terms)),
    toEnd: true,
  },
} as const;

/** Nobody takes part in what is called off, also while its auction's own stream has not heard of that. */
export const whyCalledOff = ({ sale }: Pick<Surroundings, 'sale'>) =>
  sale.phase === 'cancelled'
    ? AuctionNotOpen({ phase: 'cancelled', ...(sale.cause !== undefined && { cause: sale.cause }) })
    : undefined;

/** Why a person may not take part in an auction at all, whatever they bid and with whatever token. */
export function whyNotWelcome(
  auction: KnownAuction,
  { inspector, lot, sale }: Omit<Surroundings, 'auction'>,
  actor: Actor,
) {
  if (mayNotBid(actor)) return StaffMayNotBid({});
  const hands = [lot, sale].flatMap((known) => (known.phase === 'none' ? [] : [known.hands]));
  if (hasHandIn(auction, actor.id) || hands.some((some) => isAmong(some, actor.id))) return OwnLot({});
  const known = secretsKnown(inspector, auction);
  return known === undefined ? undefined : HasReadSecrets({ readUntil: known.until });
}
