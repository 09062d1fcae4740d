import { test } from 'node:test';
import fc from 'fast-check';
import { BusError, type BusRecord } from '#domain/kernel/ports/bus.ts';
import { memoryBus } from '#engines/bus/memory/bus.ts';
import { systemClock } from '#engines/clock/system.ts';
import { closing, World } from '#test/support/publishing.ts';
import { until } from '#test/support/until.ts';

/** What becomes of one send: how much of it stands, in percent, and whether it is said to. */
const sending = fc.record({ stands: fc.integer({ min: 0, max: 100 }), fails: fc.boolean() });
type Sending = { readonly stands: number; readonly fails: boolean };
/** One life of a publisher, and what is recorded during it, by stream. */
const life = fc.record({
  sends: fc.array(sending, { maxLength: 4 }),
  recorded: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 25 }),
});

test('whatever of a send stands, whoever dies when: each event is met once, and those of a stream in their order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const bus = memoryBus({ clock: systemClock() });
      const world = new World(bus, 'some');
      await using ended = new AsyncDisposableStack();
      ended.defer(() => world.close());
      await world.read();
      const counts: Record<string, number> = {};
      for (const { sends, recorded } of lives) {
        const left: Sending[] = [...sends];
        const publishing = await world.publish(async (records: readonly BusRecord[], send) => {
          const { stands, fails } = left.shift() ?? { stands: 100, fails: false };
          await send(fails ? records.slice(0, (records.length * stands) / 100) : records);
          if (fails) throw new BusError('unavailable', 'memory: the answer was lost');
        });
        for (const n of recorded) {
          await world.append(`auction-${n}`, closing);
          counts[`auction-${n}`] = (counts[`auction-${n}`] ?? 0) + 1;
        }
        if (recorded.length > 0)
          await until(() => left.length < sends.length || sends.length === 0, 'a send');
        await publishing.stop();
      }
      const last = await world.publish();
      await world.meetsAll(counts);
      await last.stop();
    }),
    // What fails waits long for what does not come: the first is told as it is.
    { numRuns: Number(process.env.ANNALS_RUNS ?? 25), endOnFailure: true },
  );
});
