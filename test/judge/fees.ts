import { amount, list } from './raw.ts';

/** The fee on a price by marginal tiers as an auction froze them: summed exactly, rounded once, half up. */
export function feeBy(tiers: unknown, price: bigint): bigint {
  let parts = 0n;
  let from = 0n;
  for (const { upTo, rateBasisPoints } of list(tiers)) {
    const end = upTo === undefined || amount(upTo) > price ? price : amount(upTo);
    if (end > from) parts += (end - from) * BigInt(Number(rateBasisPoints));
    from = end;
  }
  return (parts + 5_000n) / 10_000n;
}
