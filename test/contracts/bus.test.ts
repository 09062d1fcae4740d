import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { systemClock } from '#engines/clock/system.ts';
import { until } from '#test/support/until.ts';
import { type BusEngine, busContract, freshName, record, text } from './bus.suite.ts';

/** All that opens it has one, as processes have one Kafka; what closes it closes only its own. */
function memory(): BusEngine {
  const first = memoryBus({ clock: systemClock() });
  let opened = false;
  return {
    engine: 'memory',
    async open() {
      if (opened) return memoryBus({ clock: systemClock() });
      opened = true;
      return first;
    },
    async put(topic, content) {
      first.put(topic, { ...content, headers: {} });
    },
  };
}
busContract(memory());

const nothing = { info() {}, warn() {}, error() {} } satisfies Log;

describe('bus: memory alone', () => {
  it('drops the oldest of a topic beyond its bounds, and tells the group that was too slow', async () => {
    const told: string[] = [];
    const log: Log = { ...nothing, error: (_, message) => void told.push(message) };
    const bus = memoryBus({ clock: systemClock(), log, perTopic: { records: 10, bytes: 1_000_000 } });
    const topic = freshName();
    await bus.declare([{ name: topic, partitions: 2 }]);
    const seen: ReceivedRecord[] = [];
    const gate = Promise.withResolvers<void>();
    const handle = async (records: readonly ReceivedRecord[]) => {
      seen.push(...records);
      await gate.promise;
    };
    bus.consume({ group: 'slow', topics: [topic], most: 1, handle });
    await bus.send([record(topic, 'k', 'first')]);
    await until(() => seen.length === 1, 'it is at work');
    for (let at = 0; at < 5_000; at += 1) await bus.send([record(topic, 'k', `${at}`)]);
    gate.resolve();
    await until(() => seen.length === 11, 'what was kept came');
    assert.deepEqual(
      seen.map(({ value }) => text(value)),
      ['first', ...Array.from({ length: 10 }, (_, at) => `${4_990 + at}`)],
    );
    assert.deepEqual(told, ['records of the bus in memory were dropped before they were read']);
    await bus.close();
  });

  it('bounds a topic by bytes, of which the last record stays, and by time', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const bus = memoryBus({ clock, perTopic: { bytes: 1_000 } });
    const [large, old] = [freshName(), freshName()];
    await bus.declare([
      { name: large, partitions: 1 },
      { name: old, partitions: 1, retentionMs: 1_000 },
    ]);
    for (const size of [600, 500, 2_000]) await bus.send([record(large, 'k', 'x'.repeat(size))]);
    await bus.send([record(old, 'k', 'old')]);
    clock.advanceTo('2026-03-01T12:00:02.000Z');
    await bus.send([record(old, 'k', 'new')]);
    const seen: ReceivedRecord[] = [];
    const handle = async (records: readonly ReceivedRecord[]) => void seen.push(...records);
    bus.consume({ group: 'g', topics: [large, old], handle });
    await until(() => seen.length >= 2, 'what was kept came');
    assert.deepEqual(
      seen.map(({ value }) => value?.length),
      [2_000, 3],
    );
    assert.deepEqual(
      seen.map(({ takenAt }) => takenAt),
      ['2026-03-01T12:00:00.000Z', '2026-03-01T12:00:02.000Z'],
    );
    await bus.close();
  });

  it('tries again after pauses by its clock', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const bus = memoryBus({ clock });
    const topic = freshName();
    await bus.declare([{ name: topic, partitions: 1 }]);
    const tries: string[] = [];
    const handle = async () => {
      tries.push(clock.now());
      throw new Error('never');
    };
    bus.consume({ group: 'g', topics: [topic], handle });
    await bus.send([record(topic, 'k', 'v')]);
    while (tries.length < 5) {
      const next = await until(() => clock.next(), 'it waits');
      clock.advanceTo(next);
    }
    const ms = tries.map((at) => Date.parse(at) - Date.parse(tries[0] ?? ''));
    assert.deepEqual(ms, [0, 100, 300, 700, 1_500]);
    await bus.close();
  });
});
