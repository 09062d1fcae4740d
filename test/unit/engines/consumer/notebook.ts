import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import type { Handler } from '#domain/kernel/ports/consumer.ts';
import type { Fact } from '#test/support/counters.ts';

// A handler that notes what it was handed, and a short history.

export const keyOf = (event: RecordedEvent): string => (event.data as { name: string }).name;
export const amountOf = (event: RecordedEvent): bigint => (event.data as { by: bigint }).by;

/** Notes what it was handed; `fails` names what cannot be handled. */
export function notebook(fails: (event: RecordedEvent) => boolean = () => false, partitions = 1) {
  const seen: string[] = [];
  const handler: Handler = {
    name: 'notebook',
    filter: { types: ['Counted'] },
    partitions,
    key: keyOf,
    async handle(events) {
      const failures = new Map<string, { key: string; event: RecordedEvent; error: Error }>();
      for (const event of events) {
        const key = keyOf(event);
        if (failures.has(key)) continue;
        if (fails(event)) failures.set(key, { key, event, error: new Error('no') });
        else seen.push(`${key}${amountOf(event)}`);
      }
      return { writes: [], failures: [...failures.values()] };
    },
  };
  return { seen, handler };
}

export const abc: readonly Fact[] = [
  ['a', 1n],
  ['b', 2n],
  ['a', 3n],
];
