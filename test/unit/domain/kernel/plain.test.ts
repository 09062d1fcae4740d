import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';

const keys = fc.oneof(fc.string(), fc.constantFrom('$bigint', '$$bigint', '$', '__proto__', 'constructor'));
const state = fc.letrec((tie) => ({
  value: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.string(),
    fc.bigInt(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test('a state comes back from its JSON text as it was', () => {
  fc.assert(
    fc.property(state, (value) => {
      assert.deepEqual(fromPlain(JSON.parse(JSON.stringify(toPlain(value)))), value);
    }),
    { numRuns: Number(process.env.ANNALS_RUNS ?? 300) },
  );
});

test('a field that is undefined is left out', () => {
  assert.deepEqual(toPlain({ kept: 1n, left: undefined }), { kept: { $bigint: '1' } });
});

test('what is not plain data is refused', () => {
  for (const value of [undefined, Number.NaN, new Map(), new Date(0), () => 1, Symbol('s'), [undefined]])
    assert.throws(() => toPlain(value), TypeError);
});
