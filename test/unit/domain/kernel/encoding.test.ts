import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import { encodeAndDecode, encodeUnchecked } from '#domain/zod/encoding.ts';
import { firstExamples, placed } from '#test/support/stored-examples.ts';

describe('what is written without checks', () => {
  for (const example of firstExamples)
    it(`is the same as with them: ${example.type}`, () => {
      const { schema = z.never() } = registry.events.get(example.type) ?? {};
      const { data } = registry.decode(placed(example));
      assert.deepEqual(encodeUnchecked(schema, data), schema.encode(data as never));
    });

  const Nested = z.object({ details: z.record(z.string(), z.json()), amount: MinorUnits });
  it('is the same for schemas that refer to themselves, each time', () => {
    const value = { details: { a: [1, { b: null }] }, amount: 5n };
    for (let time = 0; time < 3; time++)
      assert.deepEqual(encodeUnchecked(Nested, value), { details: { a: [1, { b: null }] }, amount: '5' });
  });
  it('of another shape is refused in the words of the schema', () => {
    assert.throws(() => encodeUnchecked(Nested, { details: {}, amount: '5' }), z.ZodError);
  });
  it('is read once where it has to fit', () => {
    assert.deepEqual(encodeAndDecode(z.object({ amount: MinorUnits }), { amount: 7n }), {
      json: { amount: '7' },
      data: { amount: 7n },
    });
    assert.throws(() => encodeAndDecode(z.object({ amount: MinorUnits }), { amount: -7n }), z.ZodError);
  });
});
