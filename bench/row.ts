// What a measurement comes to, and the shape in which every measurement is offered to the runner.

/** What is aimed at: of the ratio to the peer, or of the value itself in the row's unit. */
export interface Goal {
  readonly of: 'ratio' | 'value';
  readonly at: 'least' | 'most';
  readonly bound: number;
}

export const ratioAtLeast = (bound: number): Goal => ({ of: 'ratio', at: 'least', bound });
export const ratioAtMost = (bound: number): Goal => ({ of: 'ratio', at: 'most', bound });
export const valueAtMost = (bound: number): Goal => ({ of: 'value', at: 'most', bound });

/** What a row says besides its values: names as in a sentence, units in the names or the note. */
export type Details = Readonly<Record<string, number>>;

/** A measurement that was made. */
export interface RanRow {
  readonly ran: true;
  /** What `--only` picks it by: `append-64`, `bid-64x100`. */
  readonly name: string;
  /** A few words for people. */
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The same work by a peer in the same run, in the same unit. */
  readonly against?: { readonly what: string; readonly value: number };
  /** `value` divided by the peer's. */
  readonly ratio?: number;
  /** Undefined: measured to be known, not to be met. */
  readonly goal?: Goal;
  readonly met?: boolean;
  /** How many times it was measured; ours and the peer's took turns. */
  readonly rounds: number;
  /** What the value is the median of: `rounds of 500 ms`, `10,000 bids`. */
  readonly medianOf: string;
  readonly details?: Details;
  readonly note?: string;
}

/** A measurement that could not be made here. */
export interface MissedRow {
  readonly ran: false;
  readonly name: string;
  readonly what: string;
  readonly goal?: Goal;
  readonly why: string;
}

export type Row = RanRow | MissedRow;

/** How a run is to be made. */
export interface Run {
  /** Seconds for each row: enough to see that it works, not to quote. */
  readonly short: boolean;
  /** An empty folder on the disk that is measured; removed by the runner. */
  readonly folder: string;
  /** Runs `work` under the profiler, if profiles were asked for, and keeps the profile under the row's name. */
  profiled(name: string, work: () => Promise<unknown>): Promise<void>;
}

/** Something that is measured by itself, in a folder of its own. Most yield one row. */
export interface Bench {
  /** What `--only` picks it by. Its rows are named the same or begin with it. */
  readonly name: string;
  measure(run: Run): Promise<readonly Row[]>;
}

/** The middle one; of an even number the mean of the two in the middle. @throws RangeError of none */
export function median(values: readonly number[]): number {
  return (percentile(values, 0.5) + percentile(values, 0.5, 'upper')) / 2;
}

/**
 * The smallest value that at least this share of all values does not exceed (nearest rank).
 * @throws RangeError of none
 */
export function percentile(
  values: readonly number[],
  share: number,
  side: 'lower' | 'upper' = 'lower',
): number {
  const sorted = Float64Array.from(values).toSorted();
  const rank = side === 'lower' ? Math.ceil(share * sorted.length) - 1 : Math.floor(share * sorted.length);
  const found = sorted[Math.min(sorted.length - 1, Math.max(0, rank))];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

const holds = ({ at, bound }: Goal, number: number): boolean =>
  at === 'least' ? number >= bound : number <= bound;

/** A row with its ratio and whether its goal is met. @throws RangeError for a goal of a ratio without a peer */
export function ranRow(row: Omit<RanRow, 'ran' | 'ratio' | 'met'>): RanRow {
  const { value, against, goal } = row;
  const ratio = against && value / against.value;
  const aimed = goal?.of === 'ratio' ? ratio : value;
  if (aimed === undefined) throw new RangeError(`${row.name} has no peer to be measured against`);
  return {
    ran: true,
    ...row,
    ...(ratio !== undefined && { ratio }),
    ...(goal !== undefined && { met: holds(goal, aimed) }),
  };
}

/** For people: `ratio ≥ 0.7`. */
export const goalText = ({ of, at, bound }: Goal): string => `${of} ${at === 'least' ? '≥' : '≤'} ${bound}`;
