import assert from 'node:assert/strict';
import { it } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonical, type Json } from '#domain/kernel/canonical.ts';

const numRuns = Number(process.env.ANNALS_RUNS ?? 300);

/** What the text came to, or that there is none. */
function outcome(write: () => string | undefined): string {
  try {
    return write() ?? 'nothing';
  } catch {
    return 'refused';
  }
}

it('canonical JSON is what the reference implementation writes, whatever the value', () => {
  const peculiar = fc.constantFrom('\ud800', '\\ud800', '10', '9', '__proto__', 'toJSON', 'ä', '\u{1F600}');
  const key = fc.oneof(fc.string({ unit: 'binary' }), peculiar);
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, Number.NaN, Number.POSITIVE_INFINITY, -0),
      fc.double(),
      fc.integer(),
      key,
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ) as fc.Arbitrary<Json>,
  }));
  fc.assert(
    fc.property(tree, (value) => {
      assert.equal(
        outcome(() => canonical(value)),
        outcome(() => canonicalize(value)),
      );
    }),
    { numRuns },
  );
});
