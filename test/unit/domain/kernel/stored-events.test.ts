import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import { canonical, type JsonObject } from '#domain/kernel/canonical.ts';
import { event } from '#domain/kernel/message.ts';
import { NewerEventError, registryOf } from '#domain/kernel/registry.ts';
import { examples, firstExamples, placed } from '#test/support/stored-examples.ts';

// Events are for ever: what was once stored is read by every later version. The fixtures are stored events of histories
// that the scenarios made; a new version of an event adds a file and never changes one.

test('of every event there is one as it was stored in its first version', () => {
  const kept = new Set(firstExamples.map(({ type }) => type));
  assert.deepEqual(
    [...registry.events.keys()].filter((type) => !kept.has(type)),
    [],
    'add one, as the store has it, to test/fixtures/events-v1-<context>.json',
  );
});

for (const fixture of examples)
  test(`${fixture.type} of version ${fixture.metadata.version} is read as it was stored, and stored again as it was`, () => {
    const read = registry.decode(placed(fixture));
    const declared = registry.events.get(fixture.type);
    if (declared?.version === fixture.metadata.version)
      assert.equal(canonical(registry.encode(read)), canonical(fixture.data));
  });

const Weighed = event('Weighed', {
  version: 3,
  description: 'Something was weighed.',
  data: { grams: z.int(), by: z.string() },
  upcasts: {
    1: ({ kilograms }) => ({ grams: Number(kilograms) * 1_000 }),
    2: (data) => ({ ...data, by: 'unknown' }),
  },
});
const scales = registryOf([{ name: 'scales', description: '', events: [Weighed], commands: [] }]);
const metadata = examples[0]?.metadata ?? {};
const weighed = (version: number, data: JsonObject) =>
  scales.decode(placed({ type: 'Weighed', data, metadata: { ...metadata, version } })).data;

test('an old version is lifted step by step to the newest', () => {
  assert.deepEqual(weighed(1, { kilograms: 2 }), { grams: 2_000, by: 'unknown' });
  assert.deepEqual(weighed(2, { grams: 5 }), { grams: 5, by: 'unknown' });
  assert.deepEqual(weighed(3, { grams: 5, by: 'ann' }), { grams: 5, by: 'ann' });
});

test('a field that a later version has added is passed over', () => {
  assert.deepEqual(weighed(3, { grams: 5, by: 'ann', colour: 'red' }), { grams: 5, by: 'ann' });
});

test('an event of a newer version, or of no known type, stops the reader', () => {
  assert.throws(() => weighed(4, { grams: 5, by: 'ann' }), NewerEventError);
  assert.throws(() => scales.decode(placed({ type: 'Measured', data: {}, metadata })), NewerEventError);
});

test('an event that came by a way in of a later version stops the reader, and damage does not', () => {
  const came = (channel: unknown) => () =>
    scales.decode(
      placed({
        type: 'Weighed',
        data: { grams: 5, by: 'ann' },
        metadata: { ...metadata, version: 3, origin: { channel } } as JsonObject,
      }),
    );
  assert.equal(came('bus')().metadata.origin.channel, 'bus');
  assert.throws(came('pigeon'), NewerEventError);
  const damaged = {
    ...metadata,
    version: 3,
    origin: { channel: 'pigeon' },
    occurredAt: 'then',
  } as JsonObject;
  assert.throws(
    () => scales.decode(placed({ type: 'Weighed', data: { grams: 5, by: 'ann' }, metadata: damaged })),
    (error) => error instanceof z.ZodError,
  );
});
