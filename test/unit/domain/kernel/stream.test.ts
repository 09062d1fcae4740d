import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categoryOf, idOf } from '#domain/kernel/ids.ts';
import { stream } from '#domain/kernel/stream.ts';

const seat = stream('seat', ({ row, number }: { row: string; number: number }) => `${row}:${number}`);

test('the name of a stream is its category and what identifies it, and gives both back', () => {
  const name = seat({ row: 'a-1', number: 7 });
  assert.equal(name, 'seat-a-1:7');
  assert.equal(categoryOf(name), seat.category);
  assert.equal(idOf(name), 'a-1:7');
  assert.ok(name.startsWith(seat.prefix));
});

test('a category that could be taken for another is refused where it is declared', () => {
  for (const category of ['', 'two-words', 'Seat', 'seat:', 'x'.repeat(33)])
    assert.throws(() => stream(category, () => ''), /cannot be a category/);
});
