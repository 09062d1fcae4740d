import type { BusConsumerOptions, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';

/** Between tries of records whose handler has thrown, in milliseconds. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_TEXT = 500;

export const consumerDefaults = {
  most: 500,
  from: 'beginning',
} as const satisfies Partial<BusConsumerOptions>;

export const textOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, LONGEST_TEXT);

/** What goes wrong in a consumer, by where: a partition, a topic. */
export function problemsByPlace() {
  const problems = new Map<string, string>();
  return {
    told(place: string, problem: string): void {
      problems.set(place, problem);
    },
    over: (place: string): boolean => problems.delete(place),
    first: (): string | undefined => problems.values().next().value,
  };
}
export type Problems = ReturnType<typeof problemsByPlace>;

/**
 * Has records handled, and again after pauses that grow for as long as the handler throws.
 * @returns whether they have been; not: the signal came first
 */
export async function handled(
  { handle }: Pick<BusConsumerOptions, 'handle'>,
  records: readonly ReceivedRecord[],
  {
    clock,
    signal,
    problem,
  }: { clock: Clock; signal: AbortSignal; problem: (text: string | undefined) => void },
): Promise<boolean> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await handle(records, signal);
      problem(undefined);
      return true;
    } catch (error) {
      if (signal.aborted) break;
      problem(`the handler failed, and is tried again: ${textOf(error)}`);
    }
    await pause(clock, doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
  }
  return false;
}
