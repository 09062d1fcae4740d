import type { PersonId } from '../../kernel/ids.ts';
import { larger, smaller } from '../../kernel/money.ts';
import type { BidId } from '../ids.ts';
import { type Ladder, nextPrice } from '../ladder.ts';

// Proxy bidding: everybody names a secret maximum, and the house bids for them, by the smallest step that leads. Pure
// arithmetic in minor units of the auction's currency.

/** What was frozen when the auction opened, as far as the price depends on it. */
export interface PriceRules {
  readonly openingBid: bigint;
  readonly reserve?: bigint | undefined;
  readonly ladder: Pick<Ladder, 'steps' | 'roundSums'>;
}

export interface Bid {
  readonly bidId: BidId;
  readonly bidder: PersonId;
  readonly maximum: bigint;
}

/** Who leads, up to which maximum, at what price. */
export interface Standing {
  readonly price: bigint;
  readonly leading: Bid;
}

/** The least that anybody but the leader may bid. */
export const smallestBid = (rules: PriceRules, standing: Standing | undefined): bigint =>
  standing === undefined ? rules.openingBid : nextPrice(standing.price, rules.ladder);

/**
 * The least maximum that drives the leader to a price: what everybody can work out of a bid that did not lead, and never more
 * than its own maximum.
 */
export function leastReaching(rules: PriceRules, before: Standing | undefined, price: bigint): bigint {
  let least = smallestBid(rules, before);
  // A step never falls as the price rises, so that what reaches the price begins at one place.
  for (let most = larger(least, price); least < most; ) {
    const middle = (least + most) / 2n;
    if (nextPrice(middle, rules.ladder) >= price) most = middle;
    else least = middle + 1n;
  }
  return least;
}

/** What is wrong with a bid, if anything: `not_raised` is only ever said to who leads. */
export function judge(
  rules: PriceRules,
  standing: Standing | undefined,
  { bidder, maximum }: Pick<Bid, 'bidder' | 'maximum'>,
): 'too_low' | 'not_raised' | undefined {
  if (standing?.leading.bidder === bidder)
    return maximum > standing.leading.maximum ? undefined : 'not_raised';
  return maximum >= smallestBid(rules, standing) ? undefined : 'too_low';
}

/** Whether the lot would be sold to this maximum. */
export const meetsReserve = ({ reserve }: PriceRules, maximum: bigint): boolean =>
  reserve === undefined || maximum >= reserve;

/** Below the reserve the leader is bid up to their maximum; a maximum that reaches it pays the reserve at least. */
function withReserve(rules: PriceRules, { price, leading }: Standing): Standing {
  if (!meetsReserve(rules, leading.maximum)) return { price: leading.maximum, leading };
  return { price: larger(price, rules.reserve ?? price), leading };
}

function outbidding(rules: PriceRules, standing: Standing | undefined, bid: Bid): Standing {
  if (standing === undefined) return { price: rules.openingBid, leading: bid };
  const { price, leading } = standing;
  if (leading.bidder === bid.bidder) return { price, leading: bid };
  const above = (maximum: bigint): bigint => nextPrice(maximum, rules.ladder);
  // At equal maxima the earlier bid leads, and its whole maximum is the price.
  return bid.maximum <= leading.maximum
    ? { price: smaller(leading.maximum, above(bid.maximum)), leading }
    : { price: smaller(bid.maximum, above(leading.maximum)), leading: bid };
}

/** Where a bid that {@link judge} finds nothing wrong with leaves the auction. */
export const raise = (rules: PriceRules, standing: Standing | undefined, bid: Bid): Standing =>
  withReserve(rules, outbidding(rules, standing, bid));
