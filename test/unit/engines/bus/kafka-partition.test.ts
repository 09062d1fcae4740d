import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import { PartitionWork } from '#engines/bus/kafka/partition.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { inTime } from '#test/support/platform.ts';
import { until } from '#test/support/until.ts';

const received = (offset: bigint): ReceivedRecord => ({
  ...{ topic: 'topic', partition: 0, offset, key: undefined, value: undefined, headers: {} },
  takenAt: '2026-01-01T00:00:00.000Z',
});

describe('a partition of a topic', () => {
  it('says that it is stuck where nothing is committed any more, though all is handled', async () => {
    const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
    const [handled, told]: [bigint[], string[]] = [[], []];
    let commits = 0;
    const work = new PartitionWork({
      options: {
        ...{ group: 'group', topics: ['topic'] },
        handle: async (records) => void handled.push(...records.map(({ offset }) => offset)),
      },
      clock,
      stopping: new AbortController().signal,
      async commit() {
        commits += 1;
        throw new Error('This is not the correct coordinator for this group');
      },
      problem: () => undefined,
      stuck: (why) => void told.push(why),
      room: () => undefined,
    });
    work.push([received(0n), received(1n)]);
    await inTime(
      clock,
      until(() => told.length > 0, 'it is stuck'),
    );
    assert.match(told[0] ?? '', /not committed: .*coordinator/);
    assert.deepEqual(handled, [0n, 1n]);
    assert.ok(commits > 5, `${commits} commits were tried before`);
    work.lose();
    await work.ended;
  });
});
