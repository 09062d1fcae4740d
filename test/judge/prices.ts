import { amount, type Complain, type Json, list, object } from './raw.ts';

/** What is known of a lot's price: all of it from the bids that were accepted, nothing from what was said of them. */
export interface Contest {
  /** The largest maximum of whoever leads. */
  readonly most: bigint;
  readonly price: bigint;
}

/** The next price above one, by a ladder as an auction froze it. */
function above(price: bigint, ladder: Json): bigint {
  const step = list(ladder.steps).find(({ below }) => below === undefined || amount(below) > price);
  const increment = amount(step?.increment);
  if (ladder.roundSums !== true) return price + increment;
  return price - (price % increment) + increment;
}

/**
 * What a lot costs behind one more bid. Of two maxima the larger wins, a step above the smaller and never above itself; who
 * leads already pays no more for a raise. Below a reserve whoever leads bids all they have, and with what covers it the reserve.
 */
export function contestAfter(
  terms: Json,
  before: Contest | undefined,
  bid: { readonly maximum: bigint; readonly raises: boolean },
): Contest {
  const { maximum, raises } = bid;
  const most = before === undefined || maximum > before.most ? maximum : before.most;
  const other = before === undefined || maximum < before.most ? maximum : before.most;
  let price = amount(terms.openingBid);
  if (before !== undefined) price = raises ? before.price : above(other, object(terms.ladder));
  if (price > most) price = most;
  const reserve = amount(terms.reserve);
  if (reserve > price) price = reserve < most ? reserve : most;
  return { most, price };
}

/** The least that anybody but who leads may bid. */
export const leastBid = (terms: Json, before: Contest | undefined): bigint =>
  before === undefined ? amount(terms.openingBid) : above(before.price, object(terms.ladder));

/** Of a bid that does not lead its least is shown that reaches the price: with less the price were smaller, or it no bid. */
export function checkOffered(
  terms: Json,
  before: Contest,
  after: Contest,
  offered: bigint,
  complain: Complain,
): void {
  const least = leastBid(terms, before);
  const bid = (maximum: bigint): bigint => contestAfter(terms, before, { maximum, raises: false }).price;
  if (bid(offered) !== after.price || (offered > least && bid(offered - 1n) === after.price))
    complain(`${offered} is not the least that reaches ${after.price}`);
}
