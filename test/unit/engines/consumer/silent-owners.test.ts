import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { instant, later, millisecondsOf } from '#domain/kernel/instant.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { inTurn, memberOf } from '#engines/consumer/members.ts';
import { shareWork } from '#engines/consumer/sharing.ts';
import { memoryReadStore } from '#engines/read-store/memory/store.ts';

const START = instant(Date.UTC(2026, 0, 1));
/** Longer than the test lasts, in milliseconds. */
const LONG_MS = 600_000;

describe('an owner that is silent', () => {
  it('loses its part at the moment at which its lease ends, though it still counts as present', async () => {
    const time = simulatedClock({ start: START });
    const { consumers } = memoryReadStore();
    const part = Array.from({ length: 20 }, (_, at) => `part-${at}`).find(
      (name) => inTurn(name, ['killed', 'heir'])[0] === 'killed',
    );
    assert.ok(part !== undefined);
    const [now, leaseMs] = [millisecondsOf(START), 5_400];
    await consumers.lease(part, 'killed', now, leaseMs);
    await consumers.lease(memberOf('counters', 'killed'), 'killed', now, LONG_MS);
    const sharing = shareWork({ consumers, clock: time, group: 'counters', owner: 'heir' });
    const place = sharing.placeOf(part);
    const settled = async (): Promise<void> => {
      for (let turns = 0; turns < 20; turns++) await turn();
    };
    const end = later(START, leaseMs);
    await settled();
    for (let next = time.next(); next !== undefined && next <= end; next = time.next()) {
      assert.equal(place.isOurs(), false);
      time.advanceTo(next);
      await settled();
    }
    assert.equal(place.isOurs(), true);
    const left = sharing.leave();
    time.advanceTo(later(end, 1_000));
    await left;
  });
});
