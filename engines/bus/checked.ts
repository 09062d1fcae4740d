import { type BusRecord, busLimits, type Topic } from '#domain/kernel/ports/bus.ts';

/** As Kafka takes them. */
const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/;
const MOST_PARTITIONS = 1_000;
const MOST_HEADERS = 64;

/** @throws RangeError for a name that no engine takes */
export function checkTopicName(name: string): void {
  if (!TOPIC.test(name) || name === '.' || name === '..')
    throw new RangeError(
      `a topic is named by 1 to 249 of a-z, A-Z, 0-9, . _ and -, not ${name.slice(0, 300)}`,
    );
}

/** @throws RangeError */
export function checkTopics(topics: readonly Topic[]): void {
  for (const { name, partitions, retentionMs } of topics) {
    checkTopicName(name);
    if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
      throw new RangeError(`${name}: a topic has 1 to ${MOST_PARTITIONS} partitions`);
    if (retentionMs !== undefined && !(Number.isSafeInteger(retentionMs) && retentionMs > 0))
      throw new RangeError(`${name}: what is kept is kept for whole milliseconds`);
  }
}

/** Of key, value and headers, in bytes. */
function bytesOf({ key, value, headers }: BusRecord): number {
  let bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
  for (const [name, text] of Object.entries(headers))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(text);
  return bytes;
}

/** What UTF-8 cannot say would arrive as something else, and two keys as one. */
function checkText(what: string, text: unknown): void {
  if (typeof text !== 'string' || !text.isWellFormed())
    throw new RangeError(`${what} is text that UTF-8 can say`);
}

/** A record, and the bytes of its key, value and headers. */
export interface CheckedRecord {
  readonly record: BusRecord;
  readonly bytes: number;
}

/** @throws RangeError for what is beyond the limits of the port, or would not arrive as it is */
export function checkRecords(records: readonly BusRecord[]): readonly CheckedRecord[] {
  if (records.length > busLimits.recordsPerSend)
    throw new RangeError(`${records.length} records at once, more than ${busLimits.recordsPerSend}`);
  return records.map((record) => {
    checkTopicName(record.topic);
    checkText('a key', record.key);
    checkText('a value', record.value);
    const headers = Object.entries(record.headers);
    if (headers.length > MOST_HEADERS) throw new RangeError(`a record has at most ${MOST_HEADERS} headers`);
    for (const [name, text] of headers) {
      checkText('the name of a header', name);
      checkText(`the header ${name.slice(0, 100)}`, text);
    }
    const bytes = bytesOf(record);
    if (bytes > busLimits.recordBytes)
      throw new RangeError(
        `a record of ${bytes} bytes for ${record.topic}, more than ${busLimits.recordBytes}`,
      );
    return { record, bytes };
  });
}
