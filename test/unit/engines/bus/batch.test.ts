import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type DriverDecoder, readBatch } from '#engines/bus/kafka/batch.ts';

// Batches as a broker hands them out, whoever has put them there.

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value < 0 ? -2 * value - 1 : 2 * value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}
const text = (value: string | undefined): Buffer =>
  value === undefined ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(value)), Buffer.from(value)]);

interface Told {
  readonly key?: string;
  readonly value?: string;
  readonly headers?: readonly (readonly [string, string])[];
}
function record({ key, value, headers = [] }: Told, offset: number): Buffer {
  const head = [Buffer.from([0]), varint(offset * 10), varint(offset), text(key), text(value)];
  const named = headers.flatMap(([name, of]) => [text(name), text(of)]);
  const body = Buffer.concat([...head, varint(headers.length), ...named]);
  return Buffer.concat([varint(body.length), body]);
}

/** @param attributes as a batch has them: 1 is gzip, 8 the broker's time, 32 for the broker's own */
function batch(records: readonly Told[], attributes = 0, firstOffset = 100, inside?: Buffer): Buffer {
  const plain = inside ?? Buffer.concat(records.map(record));
  const bytes = (attributes & 7) === 1 ? gzipSync(plain) : plain;
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(firstOffset), 0);
  head.writeInt32BE(head.length - 12 + bytes.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(5_000n, 27);
  head.writeBigInt64BE(9_000n, 35);
  head.writeInt32BE(records.length, 57);
  return Buffer.concat([head, bytes]);
}
const answer = (...batches: readonly Buffer[]): DriverDecoder => ({
  buffer: Buffer.concat(batches),
  offset: 0,
});
const told = async (from: DriverDecoder) =>
  (await readBatch(from)).records.map(({ offset, timestamp, key, value, headers }) => [
    ...[offset, timestamp, key && String(key), value && String(value)],
    Object.entries(headers)
      .map(([name, of]) => `${name}=${of}`)
      .join(),
  ]);
const some: readonly Told[] = [
  {
    key: 'k',
    value: 'v',
    headers: [
      ['a', '1'],
      ['__proto__', '2'],
      ['a', '3'],
    ],
  },
  {},
  { key: '', value: 'x'.repeat(300) },
];
const later = { name: 'KafkaJSPartialMessageError' };

test('records are read as they are, plain and compressed, with the sender’s time or the broker’s', async () => {
  for (const attributes of [0, 1, 8, 9]) {
    const time = (own: string) => (attributes >= 8 ? '9000' : own);
    assert.deepEqual(await told(answer(batch(some, attributes))), [
      ['100', time('5000'), 'k', 'v', 'a=3,__proto__=2'],
      ['101', time('5010'), null, null, ''],
      ['102', time('5020'), '', 'x'.repeat(300), ''],
    ]);
  }
  const [control] = (await readBatch(answer(batch([{ key: 'k' }], 32)))).records;
  assert.equal(control?.isControlRecord, true);
});

test('what is not whole is asked for again, and what stands behind a batch is read after it', async () => {
  const two = answer(batch(some), batch([{ value: 'w' }], 1, 200));
  assert.equal((await told(two)).length, 3);
  assert.deepEqual(await told(two), [['200', '5000', null, 'w', '']]);
  for (const bytes of [5, 40, 61, 200])
    await assert.rejects(readBatch(answer(batch(some).subarray(0, bytes))), later);
});

test('a batch with more than may be read is one record at its end that says nothing', async () => {
  const nothing = (offset: string) => [[offset, '9000', null, null, '']];
  const bomb = batch([{ value: 'x'.repeat(20_000_000) }, {}], 1);
  assert.ok(bomb.length < 100_000);
  assert.deepEqual(await told(answer(bomb)), nothing('101'));
  assert.deepEqual(
    await told(
      answer(
        batch(
          Array.from({ length: 50_001 }, () => ({})),
          1,
        ),
      ),
    ),
    nothing('50100'),
  );
  const headers = Array.from({ length: 100_000 }, (_, at) => [`h${at}`, ''] as const);
  const [many] = (await readBatch(answer(batch([{ value: 'v', headers }], 1)))).records;
  assert.deepEqual([String(many?.value), Object.keys(many?.headers ?? {}).length], ['v', 64]);
});

test('of many that grow no more is read at once than one may be', async () => {
  const large = batch([{ value: 'x'.repeat(10_000_000) }], 1);
  const from = answer(large, large, large);
  await readBatch(from);
  await readBatch(from);
  await assert.rejects(readBatch(from), later);
  const small = batch(
    Array.from({ length: 30_000 }, () => ({})),
    1,
  );
  const records = answer(small, small, small);
  await readBatch(records);
  await readBatch(records);
  await assert.rejects(readBatch(records), later);
});
