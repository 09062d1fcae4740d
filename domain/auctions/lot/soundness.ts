import { CurrencyUnknown, currencies, shown } from '../../kernel/currencies.ts';
import { type Instant, millisecondsOf } from '../../kernel/instant.ts';
import type { CommandData, EventOf } from '../../kernel/message.ts';
import { money } from '../../kernel/money.ts';
import { currenciesWithLadder, LARGEST_BID } from '../ladder.ts';
import { type AmendLot, type LotAmended, NoLadder, UnsoundLot } from './messages.ts';

// What cannot be meant is refused where it is said. Events are never asked: a lot that was taken in before stays one.

/** The shortest an auction takes bids, from its opening or from now. */
const SHORTEST_AUCTION_MS = 60_000;
/** The longest an auction runs. */
const LONGEST_AUCTION_MS = 90 * 24 * 60 * 60 * 1_000;
/** Behind it a moment has no text of the usual length, and texts would no longer compare as moments do. */
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

export function areSoundTimes(opensAt: Instant, endsAt: Instant, now: Instant): boolean {
  const [opensMs, endsMs] = [millisecondsOf(opensAt), millisecondsOf(endsAt)];
  const beginsMs = Math.max(opensMs, millisecondsOf(now));
  return (
    beginsMs + SHORTEST_AUCTION_MS <= endsMs && endsMs <= opensMs + LONGEST_AUCTION_MS && endsMs <= LATEST_MS
  );
}

export type Described = EventOf<typeof LotAmended>['data'];

/** What does not fit together of amounts in one currency, as a sentence. */
function problemOf({
  estimateLow,
  estimateHigh,
  openingBid,
  reserve,
  currency,
}: Described): string | undefined {
  if ([estimateLow, estimateHigh, openingBid, reserve ?? 0n].some((amount) => amount > LARGEST_BID))
    return `No amount may be more than ${shown(money(LARGEST_BID, currency))}.`;
  if (estimateLow === 0n) return 'The estimate has to be more than nothing.';
  if (estimateLow > estimateHigh) return 'The low estimate may not be above the high one.';
  if (openingBid > estimateHigh) return 'The opening bid may not be above the high estimate.';
  if (reserve === undefined) return undefined;
  if (reserve > estimateHigh) return 'The reserve may not be above the high estimate.';
  return reserve < openingBid
    ? 'The reserve may not be below the opening bid; leave it out instead.'
    : undefined;
}

type Unsound =
  | ReturnType<typeof UnsoundLot>
  | ReturnType<typeof CurrencyUnknown>
  | ReturnType<typeof NoLadder>;

/** The amounts of a lot in one currency, or what does not fit. */
export function describe(data: CommandData<typeof AmendLot>): Described | Unsound {
  const { lotId, title, description, categories, pictures } = data;
  const { estimateLow, estimateHigh, openingBid, reserve } = data;
  const { currency } = openingBid;
  const amounts = [estimateLow, estimateHigh, ...(reserve === undefined ? [] : [reserve])];
  if (amounts.some((each) => each.currency !== currency))
    return UnsoundLot({ problem: 'All amounts of a lot have to be in one currency.' });
  if (!currencies.has(currency)) return CurrencyUnknown({ currency });
  if (!currenciesWithLadder.includes(currency))
    return NoLadder({ currency, currencies: [...currenciesWithLadder] });
  const described = {
    ...{ lotId, title, description, categories, pictures, currency },
    estimateLow: estimateLow.amount,
    estimateHigh: estimateHigh.amount,
    openingBid: openingBid.amount,
    ...(reserve === undefined ? {} : { reserve: reserve.amount }),
  };
  const problem = problemOf(described);
  return problem === undefined ? described : UnsoundLot({ problem });
}
