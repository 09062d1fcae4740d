import assert from 'node:assert/strict';
import { test } from 'node:test';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { pause } from '#runtime/pause.ts';
import { inTime } from '#test/support/platform.ts';
import { level } from '#write-side/accounts/door/level.ts';

test('an answer comes at the end of a span, whatever was done and however it went', async () => {
  for (const [tookMs, endsMs] of [
    [0, 250],
    [1, 250],
    [249, 250],
    [251, 500],
    [760, 1_000],
  ] as const)
    for (const fails of [false, true]) {
      const clock = simulatedClock({ start: '2026-03-01T12:00:00.000Z' });
      const began = millisecondsOf(clock.now());
      const work = async () => {
        if (tookMs > 0) await pause(clock, tookMs);
        if (fails) throw new Error('away');
        return 'done';
      };
      const outcome = level(clock, 250, work).catch((error: Error) => error.message);
      assert.equal(await inTime(clock, outcome), fails ? 'away' : 'done');
      assert.equal(millisecondsOf(clock.now()) - began, endsMs);
    }
});
