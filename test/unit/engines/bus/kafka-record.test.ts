import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { type RecordToWrite, writtenRecord } from '#engines/bus/kafka/record.ts';
import { seededRandom } from '#test/support/seeded.ts';

/** The driver's own writer, also where another test has put ours in its place. */
function driversOwn(): (record: RecordToWrite) => { readonly buffer: Buffer } {
  const load = createRequire(import.meta.url);
  const file = load.resolve('kafkajs/src/protocol/recordBatch/record/v0/index.js');
  const there = load.cache[file];
  delete load.cache[file];
  try {
    return load(file);
  } finally {
    if (there === undefined) delete load.cache[file];
    else load.cache[file] = there;
  }
}

const hex = ({ buffer }: { readonly buffer: Buffer }): string => buffer.toString('hex');

test('a record is written as the driver writes it, byte for byte', () => {
  const own = driversOwn();
  assert.notEqual(own, writtenRecord);
  const random = seededRandom(7);
  const letters = [
    '',
    'a',
    'ö',
    '€',
    '😀',
    'x'.repeat(63),
    'y'.repeat(64),
    'z'.repeat(8_191),
    'é'.repeat(9_000),
  ];
  const text = (): string => letters[Math.floor(random() * letters.length)] ?? '';
  const bytes = () => [text(), Buffer.from(text()), null][Math.floor(random() * 3)];
  const deltas = [0, 1, 63, 64, 127, 128, 8_191, 8_192, 2 ** 20, 2 ** 31 - 1];
  const delta = (): number => deltas[Math.floor(random() * deltas.length)] ?? 0;
  for (let round = 0; round < 400; round += 1) {
    const names = Array.from({ length: Math.floor(random() * 9) }, (_, at) => `${text().slice(0, 40)}-${at}`);
    const record = {
      ...{ offsetDelta: Math.min(delta(), 2 ** 29), timestampDelta: delta() },
      ...{ key: bytes() ?? null, value: bytes() ?? null },
      headers: Object.fromEntries(names.map((name) => [name, random() < 0.2 ? [text(), text()] : text()])),
    };
    assert.equal(hex(writtenRecord(record)), hex(own(record)), JSON.stringify(record).slice(0, 500));
  }
  assert.equal(hex(writtenRecord({ key: 'k', value: 'v' })), hex(own({ key: 'k', value: 'v' })));
});
