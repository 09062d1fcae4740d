import { later } from '#domain/kernel/instant.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';

/** Waits `milliseconds` by the clock, or until the signal. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = () => {
      cancel();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.at(later(clock.now(), milliseconds), over);
    signal?.addEventListener('abort', over, { once: true });
  });
}

/** The pause before another try after so many failures in a row (from 1): doubled with each, up to the longest. */
export const doubled = (failures: number, firstMs: number, longestMs: number): number =>
  Math.min(firstMs * 2 ** Math.min(failures - 1, 20), longestMs);

/** Calls `work` every `milliseconds` until the result is called. */
export function every(clock: Clock, milliseconds: number, work: () => void): () => void {
  let cancel: () => void;
  const again = () => {
    cancel = clock.at(later(clock.now(), milliseconds), () => {
      again();
      work();
    });
  };
  again();
  return () => cancel();
}

export interface TryingOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The pauses between two tries, in milliseconds. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Is told each time that it comes to nothing, and how often in a row it has by then. */
  failed(error: unknown, failures: number): void;
}

/** Tries until it works. @returns undefined where it is stopped before */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  { clock, signal, firstMs, longestMs, failed }: TryingOptions,
): Promise<T | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1)
    try {
      return await work();
    } catch (error) {
      failed(error, failures);
      await pause(clock, doubled(failures, firstMs, longestMs), signal);
    }
  return undefined;
}
