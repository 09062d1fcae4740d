import type { Run } from './row.ts';
import { median } from './row.ts';

/** How long and how often something is measured. */
export interface Timing {
  readonly rounds: number;
  readonly roundMs: number;
}

export const timingOf = ({ short }: Pick<Run, 'short'>): Timing =>
  short ? { rounds: 1, roundMs: 150 } : { rounds: 5, roundMs: 1_000 };

export const medianOfRounds = ({ roundMs }: Timing): string => `rounds of ${roundMs} ms`;

/** Per second, from a count and the moment at which the counting began. */
export const perSecond = (count: number, startedAt: number): number =>
  (count * 1_000) / (performance.now() - startedAt);

/**
 * Medians of ours and of the peer's, measured in turns, so that a machine that slows down slows both. One round of ours
 * more runs under the profiler, where profiles are asked for: those that count are not disturbed by it.
 */
export async function inTurns(
  run: Run,
  options: {
    readonly name: string;
    readonly rounds: number;
    readonly ours: () => Promise<number>;
    readonly theirs: () => Promise<number> | number;
    /** What to profile, where ours opens and closes threads of its own: their profiles would end with them. */
    readonly profiled?: () => Promise<void>;
  },
): Promise<{ readonly ours: number; readonly theirs: number }> {
  const { name, rounds, ours, theirs } = options;
  const taken = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    taken.theirs.push(await theirs());
    taken.ours.push(await ours());
  }
  await (options.profiled ?? (() => run.profiled(name, ours)))();
  return { ours: median(taken.ours), theirs: median(taken.theirs) };
}
