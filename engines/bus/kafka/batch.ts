import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

// How what a broker sends is read: by whatever hand it was put there, it takes no more memory and time than this.

/** Of what comes out of one compressed batch, and of what is read of a partition at once, in bytes: a megabyte may come to a thousand. */
const MOST_BYTES = 16 * 1_024 * 1_024;
/** In one batch, and read of a partition at once. The driver hands on as many as one call may have arguments. */
const MOST_RECORDS = 50_000;
/** Of one record; what more it has is passed over. */
const MOST_HEADERS = 64;

/** Where its fields begin, in bytes: a batch of the format that every broker since 0.11 writes. */
const at = {
  firstOffset: 0,
  length: 8,
  epoch: 12,
  attributes: 21,
  lastOffset: 23,
  firstTime: 27,
  lastTime: 35,
  producer: 43,
  producerEpoch: 51,
  sequence: 53,
  count: 57,
  records: 61,
} as const;
const COMPRESSION = 0x07;
const GZIP = 1;
const BY_BROKERS_TIME = 0x08;
const TRANSACTION = 0x10;
const CONTROL = 0x20;

/** As the driver has it: what is left of an answer. */
export interface DriverDecoder {
  readonly buffer: Buffer;
  offset: number;
}

export interface DriverRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | null>>;
  readonly isControlRecord: boolean;
  readonly batchContext: object;
}

/** By its name the driver knows that the rest will come with the next answer. */
class RestLaterError extends Error {
  constructor() {
    super('the rest comes with the next answer');
    this.name = 'KafkaJSPartialMessageError';
  }
}

/** More than may be read; it stands for the whole batch. */
class TooMuchError extends Error {}

class Reading {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  /** A length or a difference, in pieces of seven bits: of 32 bits where it is no time. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    this.#at -= 4;
    return Number(this.#long());
  }

  #long(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new RangeError('a number that does not end');
  }

  text(): Buffer | null {
    const length = this.number();
    if (length < 0) return null;
    const from = this.#at;
    if (from + length > this.#bytes.length) throw new RangeError('a record that does not end');
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }
}

const inflate = promisify(gunzip);

async function recordsIn(bytes: Buffer, compression: number): Promise<Buffer> {
  if (compression === 0) return bytes;
  if (compression !== GZIP) throw new Error(`a compression that is not read here: ${compression}`);
  return inflate(bytes, { maxOutputLength: MOST_BYTES }).catch((error: unknown) => {
    throw error instanceof RangeError ? new TooMuchError() : error;
  });
}

type Context = Readonly<ReturnType<typeof contextOf>>;

function contextOf(batch: Buffer) {
  const attributes = batch.readInt16BE(at.attributes);
  return {
    firstOffset: String(batch.readBigInt64BE(at.firstOffset)),
    firstTimestamp: String(batch.readBigInt64BE(at.firstTime)),
    partitionLeaderEpoch: batch.readInt32BE(at.epoch),
    inTransaction: (attributes & TRANSACTION) > 0,
    isControlBatch: (attributes & CONTROL) > 0,
    lastOffsetDelta: batch.readInt32BE(at.lastOffset),
    producerId: String(batch.readBigInt64BE(at.producer)),
    producerEpoch: batch.readInt16BE(at.producerEpoch),
    firstSequence: batch.readInt32BE(at.sequence),
    maxTimestamp: String(batch.readBigInt64BE(at.lastTime)),
    timestampType: (attributes & BY_BROKERS_TIME) > 0 ? 1 : 0,
    magicByte: 2,
  };
}

/** One that says of itself nothing but where it stands. */
const bare = (context: Context, offset: bigint): DriverRecord => ({
  ...{ magicByte: 2, attributes: 0, timestamp: context.maxTimestamp, offset: String(offset) },
  ...{ key: null, value: null, headers: {} },
  isControlRecord: context.isControlBatch,
  batchContext: context,
});

function recordIn(reading: Reading, context: Context): DriverRecord {
  const own = new Reading(reading.text() ?? Buffer.alloc(0));
  const attributes = own.byte();
  const time = BigInt(context.firstTimestamp) + BigInt(own.number());
  const offset = BigInt(context.firstOffset) + BigInt(own.number());
  const [key, value] = [own.text(), own.text()];
  const headers = new Map<string, Buffer | null>();
  const count = Math.min(own.number(), MOST_HEADERS);
  for (let index = 0; index < count; index += 1) headers.set(String(own.text() ?? ''), own.text());
  return {
    ...bare(context, offset),
    ...{ attributes, key, value, headers: Object.fromEntries(headers) },
    ...(context.timestampType === 0 && { timestamp: String(time) }),
  };
}

/** How much has been read of the partition of this answer. */
const read = new WeakMap<DriverDecoder, { bytes: number; records: number }>();

/**
 * Reads one batch, in the place of the driver's own reader. One that holds more than may be read is one record without key and value at its
 * end, so that it is known to have been there, and what stands behind it is read.
 *
 * @throws KafkaJSPartialMessageError where it is to be asked for again
 */
export async function readBatch(from: DriverDecoder) {
  const before = read.get(from) ?? { bytes: 0, records: 0 };
  if (before.bytes > MOST_BYTES || before.records > MOST_RECORDS) throw new RestLaterError();
  const rest = from.buffer.subarray(from.offset);
  const end = rest.length < at.epoch ? Number.POSITIVE_INFINITY : at.epoch + rest.readInt32BE(at.length);
  if (rest.length < end) throw new RestLaterError();
  from.offset += end;
  const batch = rest.subarray(0, end);
  const context = contextOf(batch);
  const count = batch.readInt32BE(at.count);
  let records: readonly DriverRecord[];
  let bytes = 0;
  try {
    if (count > MOST_RECORDS) throw new TooMuchError();
    const compression = batch.readInt16BE(at.attributes) & COMPRESSION;
    const inside = await recordsIn(batch.subarray(at.records), compression);
    bytes = inside.length;
    const reading = new Reading(inside);
    records = Array.from({ length: Math.max(0, count) }, () => recordIn(reading, context));
  } catch (error) {
    if (!(error instanceof TooMuchError)) throw error;
    bytes = batch.length;
    records = [bare(context, BigInt(context.firstOffset) + BigInt(context.lastOffsetDelta))];
  }
  read.set(from, { bytes: before.bytes + bytes, records: before.records + records.length });
  return { ...context, records };
}
