import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registry } from '#compose/contexts.ts';
import { Unavailable } from '#domain/kernel/rejections.ts';
import { simulatedClock } from '#engines/clock/simulated.ts';
import { joseSealing } from '#engines/sealing.ts';
import { DeadLetter, deadLetters, type TellableCommand } from '#write-side/bus/dead-letters.ts';

const NOW = '2026-03-01T12:00:00.000Z';
const sealing = joseSealing(new Uint8Array(32));
const letters = deadLetters({ topic: 'dead', registry, sealing, clock: simulatedClock({ start: NOW }) });
const value = new TextEncoder().encode('anything');
const record = {
  ...{ topic: 'annals.commands', partition: 2, offset: 17n, headers: {}, takenAt: NOW },
  ...{ key: undefined, value },
};
const usd = (amount: string) => ({ amount, currency: 'USD' });

/** What is told of a command. */
function tellingOf(command: TellableCommand) {
  const told = letters.of({ record, cause: 'too_old', reason: 'r', command });
  assert.doesNotMatch(told.value, /4711|0815/);
  return DeadLetter.parse(JSON.parse(told.value)).command;
}

test('a dead letter says where its record stands, and why it is here', () => {
  const rejection = Unavailable({ retryAfterMs: 5 });
  const { topic, key, headers, value } = letters.of({
    record,
    cause: 'too_old',
    reason: 'x'.repeat(999),
    rejection,
  });
  assert.deepEqual([topic, key], ['dead', 'annals.commands/2/17']);
  assert.deepEqual(headers, { cause: 'too_old', 'content-type': 'application/json' });
  assert.deepEqual(DeadLetter.parse(JSON.parse(value)), {
    ...{ cause: 'too_old', reason: 'x'.repeat(300), diedAt: NOW },
    from: { topic: 'annals.commands', partition: 2, offset: '17', takenAt: NOW },
    value: { bytes: 8, fingerprint: sealing.fingerprint(record.value) },
    rejection: { code: 'unavailable', message: rejection.message, details: { retryAfterMs: 5 } },
  });
});

test('of a command all is told but what is marked, and of what does not fit only its name', () => {
  const sent = { idempotencyKey: 'k', actor: { id: 'ann' } };
  const bid = { auctionId: 'a1', maximum: usd('4711') };
  assert.deepEqual(tellingOf({ command: 'PlaceBid', data: bid, ...sent }), {
    ...{ command: 'PlaceBid', idempotencyKey: 'k', actor: 'ann', data: { auctionId: 'a1' } },
  });
  const text = { title: 'Watch', description: '', categories: [], pictures: [] };
  const amounts = { estimateLow: usd('1'), estimateHigh: usd('2'), openingBid: usd('1') };
  const lot = { lotId: 'l1', ...text, ...amounts };
  const told = tellingOf({ command: 'ConsignLot', data: { ...lot, reserve: usd('4711') }, ...sent });
  assert.deepEqual(told?.data, lot);
  for (const command of ['CreateProfile', 'ChangeProfile'])
    assert.deepEqual(tellingOf({ command, data: { name: '4711', address: '4711' }, ...sent })?.data, {});
  const named = { command: 'PlaceBid', idempotencyKey: 'k' };
  for (const data of [{ ...bid, maximun: usd('0815') }, { maximum: '4711' }, '4711', null, undefined])
    assert.deepEqual(tellingOf({ ...named, data }), named);
  assert.equal(tellingOf({ command: '4711', data: {}, idempotencyKey: 'k' }), undefined);
});

test('these commands that people send have something marked, and no others', () => {
  const marked = [...registry.commands.values()].flatMap(({ command }) =>
    /"(secret|personal|capability)":true/.test(
      JSON.stringify(command.schema.toJSONSchema({ io: 'input', unrepresentable: 'any' })),
    )
      ? [command.type]
      : [],
  );
  // Of these the test above tells one of each kind, and the others are never sent from outside.
  const outside = marked.filter((type) => registry.commands.get(type)?.command.from !== 'internal');
  assert.deepEqual(outside.toSorted(), [
    'AmendLot',
    'ChangeProfile',
    'ConsignLot',
    'CreateProfile',
    'LockAccount',
    'PlaceBid',
    'ResetFactors',
    'UnlockAccount',
  ]);
});
