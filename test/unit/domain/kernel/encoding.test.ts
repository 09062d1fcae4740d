import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { registry } from '#compose/contexts.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import { encodeAndDecode, encodeUnchecked } from '#domain/zod/encoding.ts';

const fixtures = JSON.parse(
  readFileSync(new URL('../../../fixtures/events-v1.json', import.meta.url), 'utf8'),
) as readonly { readonly type: string; readonly data: JsonObject }[];

describe('what is written without checks', () => {
  for (const { type, data } of fixtures)
    it(`is the same as with them: ${type}`, () => {
      const { schema = z.never(), upcasts } = registry.events.get(type) ?? {};
      const read = schema.decode((upcasts?.[1]?.(data) ?? data) as never);
      assert.deepEqual(encodeUnchecked(schema, read), schema.encode(read as never));
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
