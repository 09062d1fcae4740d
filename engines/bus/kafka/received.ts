import type { IHeaders, KafkaMessage } from 'kafkajs';
import { type Instant, instant } from '#domain/kernel/instant.ts';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';

const YEAR_10000_MS = Date.UTC(10_000, 0, 1);

/** Of a name that comes twice the last. */
function headersOf(headers: IHeaders | undefined): Readonly<Record<string, string>> {
  const told = Object.entries(headers ?? {}).map(([name, value]) => [
    name,
    String([value].flat().at(-1) ?? ''),
  ]);
  return Object.freeze(Object.fromEntries(told));
}

/** Where the sender says the time, it may be none. */
function momentOf(timestamp: string, now: Instant): Instant {
  const ms = Number(timestamp);
  return Number.isSafeInteger(ms) && ms >= 0 && ms < YEAR_10000_MS ? instant(ms) : now;
}

export function receivedRecord(
  topic: string,
  partition: number,
  { key, value, headers, offset, timestamp }: KafkaMessage,
  now: Instant,
): ReceivedRecord {
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key ?? undefined,
    value: value ?? undefined,
    headers: headersOf(headers),
    takenAt: momentOf(timestamp, now),
  };
}
