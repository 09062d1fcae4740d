import assert from 'node:assert/strict';
import { test } from 'node:test';
import { later } from '#domain/kernel/instant.ts';
import { DeadLetter } from '#write-side/bus/dead-letters.ts';
import { given, HOUR_MS, json, never, START } from './records.ts';

// Records that are read later than they were sent: whose token is taken, and what is too old to be decided.

test('a token is judged by the moment at which the bus took its record, however late it is read', async () => {
  const { clock, asked, handling, received, command } = await given(() => undefined);
  const record = received(command());
  clock.advanceTo(later(START, 5 * HOUR_MS));
  await handling.handle([record], never);
  await handling.handle([record], never);
  assert.deepEqual(
    asked.map(({ actor }) => actor.id),
    ['ann', 'ann'],
  );
  await handling.handle([received(command())], never);
  assert.equal(asked.length, 2, 'what comes with it by now is refused');
});

test('a time that is only claimed makes no token last, and lets nothing be decided that it says is too old', async () => {
  const { clock, asked, sent, handling, received, command } = await given(() => undefined);
  const then = received(command(), { timeIsClaimed: true });
  await handling.handle([then], never);
  assert.equal(asked.length, 1);
  clock.advanceTo(later(START, 2 * HOUR_MS));
  await handling.handle([then], never);
  assert.equal(asked.length, 1, 'its token has ended, whenever it says it was sent');
  assert.equal(json(sent.at(-1)?.value ?? '{}').code, 'unauthenticated');
  clock.advanceTo(later(START, 24 * HOUR_MS));
  await handling.handle([then], never);
  assert.equal(json(sent.at(-1)?.value ?? '{}').cause, 'too_old');
});

test('what is read for the first time when it is too old is not decided any more', async () => {
  const { clock, asked, sent, handling, received, command } = await given(() => undefined);
  const record = received(command());
  clock.advanceTo(later(START, 23 * HOUR_MS + 1));
  await handling.handle([record], never);
  assert.equal(asked.length, 0);
  const [reply, dead] = sent;
  assert.deepEqual([reply?.topic, json(reply?.value ?? '{}').code], ['p.replies.x', 'unavailable']);
  assert.equal(DeadLetter.parse(json(dead?.value ?? '{}')).cause, 'too_old');
});
