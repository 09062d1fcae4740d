import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { RecordedEvent, Reply } from '#domain/kernel/envelope.ts';
import { event } from '#domain/kernel/message.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { verdictsOf } from '#domain/kernel/verdicts.ts';
import { answersOf } from '#read-api/schema/mutations.ts';

const measured = (type: string, name = 'warm') =>
  event(type, {
    version: 1,
    description: 'A room was measured.',
    data: { celsius: z.int() },
    verdicts: { [name]: { description: 'Whether it is warm.', of: ({ celsius }) => celsius > 20 } },
  });
const contextOf = (name: string, ...events: readonly ReturnType<typeof measured>[]) => ({
  name,
  description: 'Of the test.',
  events,
  commands: [],
});
const Measured = measured('RoomMeasured');
const registry = registryOf([contextOf('rooms', Measured)]);
const decided = (celsius: number, type = 'RoomMeasured') => ({ type, data: { celsius } }) as RecordedEvent;
const about = { commandId: '1', stream: 'room-1', position: 1n, events: [] } as const;

test('an answer says what the event that decided says of itself', () => {
  const answered = (decision: RecordedEvent): Reply => ({ ...about, outcome: 'accepted', decision });
  assert.deepEqual(verdictsOf(registry, answered(decided(21))), { warm: true });
  assert.deepEqual(verdictsOf(registry, answered(decided(19))), { warm: false });
  assert.deepEqual(verdictsOf(registry, answered(decided(21, 'WindowOpened'))), {});
});

test('nothing is said of what is not decided yet, or is no decision', () => {
  assert.deepEqual(verdictsOf(registry, { ...about, outcome: 'pending' }), {});
  assert.deepEqual(verdictsOf(registry, { ...about, outcome: 'accepted' }), {});
});

test('a verdict has one name in all contexts, and none of what is answered anyway', () => {
  assert.throws(
    () => registryOf([contextOf('rooms', Measured), contextOf('cellars', measured('CellarMeasured'))]),
    /warm is declared twice: in rooms and in cellars/,
  );
  assert.throws(
    () => answersOf(registryOf([contextOf('rooms', measured('RoomMeasured', 'stream'))])),
    /Accepted.stream: every answer has this field/,
  );
});
