import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyTable, type IdTable, valueIn, withValue } from '#domain/kernel/id-table.ts';
import { fromPlain, toPlain } from '#domain/kernel/plain.ts';

const tableOf = (entries: readonly (readonly [string, number])[]) =>
  entries.reduce<IdTable<number>>((table, [id, value]) => withValue(table, id, value), emptyTable);

test('a table answers like a map, and earlier ones stay as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.nat()), { maxLength: 300 }), (entries) => {
      const map = new Map<string, number>();
      let table: IdTable<number> = emptyTable;
      for (const [id, value] of entries) {
        const before = valueIn(table, id);
        const next = withValue(table, id, value);
        assert.equal(valueIn(table, id), before);
        map.set(id, value);
        table = next;
        assert.equal(table.size, map.size);
      }
      for (const [id, value] of map) assert.equal(valueIn(table, id), value);
      assert.equal(valueIn(table, 'never set'), undefined);
    }),
  );
});

test('the same names give the same table in whatever order they came', () => {
  const entries = Array.from({ length: 500 }, (_, at) => [`bid-${at}`, at] as const);
  assert.deepEqual(tableOf(entries.toReversed()), tableOf(entries));
});

test('a table of ten thousand has short buckets, and survives a snapshot', () => {
  const ids = Array.from(
    { length: 10_000 },
    (_, at) => `0198c0de-0000-7000-8000-${String(at).padStart(12, '0')}`,
  );
  const table = tableOf(ids.map((id, at) => [id, at]));
  assert.ok(Math.max(...table.buckets.map((bucket) => bucket.length)) < 40);
  assert.deepEqual(fromPlain(toPlain(table)), table);
});
