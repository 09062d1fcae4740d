import { z } from 'zod';
import { Currency, MinorUnits, PositiveMinorUnits } from '../kernel/money.ts';

const Step = z.object({
  below: MinorUnits.optional().meta({
    description: 'The step holds for prices below this, in minor units; left out in the last step alone.',
  }),
  increment: PositiveMinorUnits,
});

/** By how much a price rises, step by step. An auction freezes its ladder at opening, whatever comes after it. */
export const Ladder = z
  .object({
    currency: Currency,
    /** From 1 within a currency; a published version never changes. */
    version: z.int().min(1),
    name: z.string().min(1).max(60),
    steps: z.array(Step).min(1).max(32),
    /** Prices keep to multiples of the increment: behind 49 and 50 come 55 and 60. Left out: it is added to the price. */
    roundSums: z.literal(true).optional(),
  })
  .meta({ id: 'Ladder', description: 'The increments between bids, by price.' });
export type Ladder = z.output<typeof Ladder>;

function incrementAt(price: bigint, { steps }: Pick<Ladder, 'steps'>): bigint {
  const step = steps.find(({ below }) => below === undefined || price < below);
  if (step === undefined) throw new RangeError('a ladder without a last step');
  return step.increment;
}

/** The next price above one, in minor units: an increment more, or the next sum that is round. */
export function nextPrice(price: bigint, ladder: Pick<Ladder, 'steps' | 'roundSums'>): bigint {
  const increment = incrementAt(price, ladder);
  return ladder.roundSums ? (price / increment + 1n) * increment : price + increment;
}

const step = (below: bigint, increment: bigint): z.output<typeof Step> => ({ below, increment });

/** The increments of ebay.com, in cents. */
const EBAY_US = [
  step(1_00n, 5n),
  step(5_00n, 25n),
  step(25_00n, 50n),
  step(100_00n, 1_00n),
  step(250_00n, 2_50n),
  step(500_00n, 5_00n),
  step(1_000_00n, 10_00n),
  step(2_500_00n, 25_00n),
  step(5_000_00n, 50_00n),
  { increment: 100_00n },
];

/** About a tenth of the price, in the round sums of a saleroom; `unit` is one major unit in minor ones. */
const saleroom = (unit: bigint): Ladder['steps'] => [
  step(50n * unit, 2n * unit),
  step(100n * unit, 5n * unit),
  step(200n * unit, 10n * unit),
  step(500n * unit, 20n * unit),
  step(1_000n * unit, 50n * unit),
  step(2_000n * unit, 100n * unit),
  step(5_000n * unit, 200n * unit),
  step(10_000n * unit, 500n * unit),
  step(20_000n * unit, 1_000n * unit),
  step(50_000n * unit, 2_000n * unit),
  step(100_000n * unit, 5_000n * unit),
  { increment: 10_000n * unit },
];

/** Every ladder ever published. Versions are added, never changed: sales name them. */
export const ladders: readonly Ladder[] = [
  { currency: 'USD', version: 1, name: 'eBay US', steps: EBAY_US },
  { currency: 'USD', version: 2, name: 'Saleroom', steps: saleroom(100n) },
  { currency: 'EUR', version: 1, name: 'Saleroom', steps: saleroom(100n) },
  { currency: 'GBP', version: 1, name: 'Saleroom', steps: saleroom(100n) },
  { currency: 'CHF', version: 1, name: 'Saleroom', steps: saleroom(100n) },
  // The yen has no minor unit, and a hundred of them are about what one is elsewhere.
  { currency: 'JPY', version: 1, name: 'Saleroom', steps: saleroom(100n) },
  { currency: 'USD', version: 3, name: 'Saleroom, round sums', steps: saleroom(100n), roundSums: true },
  { currency: 'EUR', version: 2, name: 'Saleroom, round sums', steps: saleroom(100n), roundSums: true },
  { currency: 'GBP', version: 2, name: 'Saleroom, round sums', steps: saleroom(100n), roundSums: true },
  { currency: 'CHF', version: 2, name: 'Saleroom, round sums', steps: saleroom(100n), roundSums: true },
  { currency: 'JPY', version: 2, name: 'Saleroom, round sums', steps: saleroom(100n), roundSums: true },
];

/** In which lots can be sold, each once. */
export const currenciesWithLadder: readonly Currency[] = [
  ...new Set(ladders.map(({ currency }) => currency)),
];

/** The ladder of a currency in one version; undefined when it was never published. */
export const ladderOf = (currency: Currency, version: number): Ladder | undefined =>
  ladders.find((ladder) => ladder.currency === currency && ladder.version === version);

/** The largest maximum, opening bid or reserve, in minor units: it leaves room for the premium and an increment. */
export const LARGEST_BID = 1_000_000_000_000_000n;
