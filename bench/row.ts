/** One measurement beside what it is measured against, taken in the same run. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same work by the peer, in the same unit. */
  readonly against: number;
  /** `value / against`; above 1 is better than the peer where more is better. */
  readonly ratio: number;
  /** The ratio that is aimed at. */
  readonly goal: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('nothing was measured');
  return middle;
}

/** A row from rounds of both, each a rate: their medians and the ratio of these. */
export function rateRow(
  name: string,
  unit: string,
  goal: number,
  rounds: { readonly ours: readonly number[]; readonly theirs: readonly number[] },
): Row {
  const value = median(rounds.ours);
  const against = median(rounds.theirs);
  return { name, value, unit, against, ratio: value / against, goal };
}
