import assert from 'node:assert/strict';
import type { Bus, ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { until } from '#test/support/until.ts';
import { coded, record, valuesByKey } from '../contracts/bus.suite.ts';

/** Sends under each key numbers from 0 on, one behind the other, until it is told to stop. What is refused is sent again, or left out. */
export function numbering(bus: Bus, topic: string, keys: readonly string[], again = true) {
  const stands = new Map(keys.map((key): [string, number[]] => [key, []]));
  let stopped = false;
  async function stood(key: string, value: number): Promise<boolean> {
    const refused = await bus.send([record(topic, key, `${value}`)]).catch((error: unknown) => error);
    assert.ok(refused === undefined || coded('unavailable')(refused), String(refused));
    if (refused === undefined) stands.get(key)?.push(value);
    return refused === undefined;
  }
  async function sender(key: string): Promise<void> {
    for (let at = 0; !stopped; at += 1) while (!(await stood(key, at)) && again);
  }
  const all = Promise.all(keys.map(sender));
  return {
    least: () => Math.min(...[...stands.values()].map((values) => values.at(-1) ?? -1)),
    async stop(): Promise<void> {
      stopped = true;
      await all;
    },
    /** Repeats are allowed; that one is missing that stood, or comes before one that was sent before it, is not. */
    async checkRead(seen: readonly ReceivedRecord[], problem?: () => string | undefined): Promise<void> {
      const read = (): ReadonlyMap<string, ReadonlySet<number>> =>
        new Map([...valuesByKey(seen)].map(([key, values]) => [key, new Set(values.map(Number))]));
      const missing = () => {
        const there = read();
        return keys.flatMap((key) => stands.get(key)?.filter((value) => there.get(key)?.has(value) !== true));
      };
      await until(() => missing().length === 0, 'all that stood was read').catch(() => undefined);
      assert.deepEqual([missing(), missing().length > 0 && problem?.()], [[], false]);
      for (const values of read().values())
        assert.deepEqual(
          [...values],
          [...values].toSorted((a, b) => a - b),
        );
    },
  };
}
/** Whose numbers are sent. */
export const twelve = Array.from({ length: 12 }, (_, at) => `key-${at}`);
