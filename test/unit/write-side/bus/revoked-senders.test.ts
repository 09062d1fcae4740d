import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dispatch } from '#domain/kernel/envelope.ts';
import { later } from '#domain/kernel/instant.ts';
import { BusError, type BusRecord } from '#domain/kernel/ports/bus.ts';
import type { Revoked } from '#domain/kernel/ports/revocations.ts';
import { Overloaded } from '#domain/kernel/rejections.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { revocationsHere } from '#engines/tokens/revocations.ts';
import { recorded } from '#test/support/given.ts';
import { recordHandling } from '#write-side/bus/commands.ts';
import { again, given, HOUR_MS, json, never, SECOND_MS, START, topics } from './records.ts';

// Who is kept out while their command waits: what was not decided by then is not decided any more.

/** A command of Ann's that has waited while something was revoked. */
async function waitedWhile(what: Revoked, since = START) {
  let isBusy = true;
  const revocations = revocationsHere(simulatedClock({ start: START }));
  const { clock, sent, handling, received, command, asked } = await given(
    () => (isBusy ? Overloaded({ retryAfterMs: 1 }) : undefined),
    { revocations },
  );
  await handling.handle([received(command())], never);
  isBusy = false;
  revocations.revoke(what, later(START, 24 * HOUR_MS), { since });
  clock.advanceTo(later(START, 10 * SECOND_MS));
  const [first] = sent;
  assert.equal(first?.topic, topics.retries[0]?.name);
  await handling.handle([again(first as BusRecord, START)], never);
  return { asked, told: sent.slice(1).map(({ topic, value }) => [topic, json(value).code]) };
}

test('a command that waits is not decided any more once its sender is kept out, who is told so', async () => {
  const { asked, told } = await waitedWhile({ person: 'ann' });
  assert.equal(asked.length, 1, 'it was tried before');
  assert.deepEqual(told, [['p.replies.x', 'unauthenticated']]);
});

test('it is decided where what was revoked is of before their token, or of others', async () => {
  const revoked: readonly (readonly [Revoked, string?])[] = [
    [{ person: 'ann' }, later(START, -HOUR_MS)],
    [{ person: 'bob' }],
    [{ session: 's1' }],
  ];
  for (const [what, since] of revoked) {
    const { asked, told } = await waitedWhile(what, since);
    assert.equal(asked.length, 2);
    assert.deepEqual(told, [['p.replies.x', undefined]]);
  }
});

test('what was recorded before its sender was kept out is told as it was', async () => {
  const revocations = revocationsHere(simulatedClock({ start: START }));
  const { clock, sent, received, command, options } = await given(() => undefined);
  const added = recorded({ type: 'Added', data: { by: 1n } }, { stream: 'tally-a' });
  const dispatch: Dispatch = async ({ commandId }) => ({
    ...{ outcome: 'accepted', commandId, stream: 'tally-a', position: undefined, events: [added] },
  });
  let isThere = false;
  const bus = {
    async send(records: readonly BusRecord[]) {
      if (!isThere && records.some(({ topic }) => topic === 'p.replies.x'))
        throw new BusError('unavailable', 'kafka://k/p: away');
      await options.bus.send(records);
    },
  };
  const handling = recordHandling({ ...options, bus, dispatch, revocations });
  await handling.handle([received(command())], never);
  isThere = true;
  revocations.revoke({ person: 'ann' }, later(START, 24 * HOUR_MS), { since: START });
  clock.advanceTo(later(START, HOUR_MS));
  await handling.handle([again(sent[0] as BusRecord, START)], never);
  assert.deepEqual(
    sent.map(({ topic, value }) => [topic, topic === 'p.replies.x' ? json(value).outcome : undefined]),
    [
      [topics.retries[0]?.name, undefined],
      ['p.replies.x', 'accepted'],
    ],
  );
});
