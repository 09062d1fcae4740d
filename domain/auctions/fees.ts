import { z } from 'zod';
import { MinorUnits } from '../kernel/money.ts';

/** Parts of ten thousand: 2,500 basis points are 25 %. */
const WHOLE_BASIS_POINTS = 10_000n;

export const Tier = z
  .object({
    upTo: MinorUnits.optional().meta({
      description: 'Where the tier ends, in minor units; left out in the last tier alone.',
    }),
    rateBasisPoints: z.int().min(0).max(10_000),
  })
  .meta({ id: 'Tier', description: 'A rate for the part of a price between the tier before and `upTo`.' });
export type Tier = z.output<typeof Tier>;

/** Marginal tiers: each rate is charged on the part of a price that lies in its tier, as income tax does. */
export const Tiers = z
  .array(Tier)
  .min(1)
  .max(10)
  .meta({ id: 'Tiers', description: 'One to ten marginal tiers in rising order; the last has no end.' });
export type Tiers = z.output<typeof Tiers>;

/** Whether tiers rise and cover every price. No schema can say so, so that it is decided and not a matter of form. */
export const areSound = (tiers: Tiers): boolean =>
  tiers.every(({ upTo }, at) => {
    if (at === tiers.length - 1) return upTo === undefined;
    return upTo !== undefined && upTo > (tiers[at - 1]?.upTo ?? 0n);
  });

/**
 * The fee on a price, both in minor units. The parts are summed exactly and rounded once, half up, to a whole minor unit.
 * It never falls as the price rises, so that what is held for a maximum covers every price below it; and it is never
 * more than the price.
 */
export function feeOn(price: bigint, tiers: Tiers): bigint {
  let parts = 0n;
  let from = 0n;
  for (const { upTo, rateBasisPoints } of tiers) {
    const to = upTo === undefined || upTo > price ? price : upTo;
    if (to > from) parts += (to - from) * BigInt(rateBasisPoints);
    from = to;
  }
  return (parts + WHOLE_BASIS_POINTS / 2n) / WHOLE_BASIS_POINTS;
}
