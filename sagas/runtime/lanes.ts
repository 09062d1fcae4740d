import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Handled } from '#domain/kernel/ports/consumer.ts';
import { asError } from '#runtime/reason.ts';
import { sagaLimits } from './limits.ts';

/** "Not now": nothing is wrong with the key, and the whole batch is to be repeated after a pause. */
export class NotNowError extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'NotNowError';
  }
}

type Failure = Handled['failures'][number];

/**
 * Works through the events of a batch: those of one key in order, keys beside each other within bounds. What one
 * throws fails its key alone, except {@link NotNowError}, which fails the batch once everything under way has ended.
 */
export async function inLanes(
  events: readonly RecordedEvent[],
  keyOf: (event: RecordedEvent) => string,
  signal: AbortSignal,
  work: (event: RecordedEvent) => Promise<void>,
): Promise<Handled> {
  const lanes = [...Map.groupBy(events, keyOf)];
  const failures: Failure[] = [];
  let notNow: NotNowError | undefined;

  async function workThrough(key: string, lane: readonly RecordedEvent[]): Promise<void> {
    for (const event of lane) {
      if (signal.aborted) notNow ??= new NotNowError('stopped');
      if (notNow !== undefined) return;
      try {
        await work(event);
      } catch (problem) {
        if (problem instanceof NotNowError) notNow ??= problem;
        else failures.push({ key, event, error: asError(problem) });
        return;
      }
    }
  }

  // The workers share one iterator: each takes the next lane when it has finished one.
  const next = lanes.values();
  const worker = async () => {
    for (const [key, lane] of next) await workThrough(key, lane);
  };
  await Promise.all(Array.from({ length: Math.min(sagaLimits.lanes, lanes.length) }, worker));
  if (notNow !== undefined) throw notNow;
  return { writes: [], failures };
}
