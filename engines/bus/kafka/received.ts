import type { IHeaders, KafkaMessage } from 'kafkajs';
import { type Instant, instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { ReceivedRecord } from '#domain/kernel/ports/bus.ts';

const YEAR_10000_MS = Date.UTC(10_000, 0, 1);
/** By `LogAppendTime`; every other record has the time of its sender. */
const BROKERS_TIME = 1;

/** As it comes from our own reader of batches. */
export type FetchedMessage = KafkaMessage & { readonly batchContext?: { readonly timestampType: number } };

/** Of a name that comes twice the last. */
function headersOf(headers: IHeaders | undefined): Readonly<Record<string, string>> {
  const told = Object.entries(headers ?? {}).map(([name, value]) => [
    name,
    String([value].flat().at(-1) ?? ''),
  ]);
  return Object.freeze(Object.fromEntries(told));
}

/** Of a time that is none, or not before that one, what it is now. */
function momentOf(timestamp: string, now: Instant, beforeMs: number): Instant {
  const ms = Number(timestamp);
  return Number.isSafeInteger(ms) && ms >= 0 && ms < beforeMs ? instant(ms) : now;
}

const timeOf = ({ timestamp, batchContext }: FetchedMessage, now: Instant) =>
  batchContext?.timestampType === BROKERS_TIME
    ? { takenAt: momentOf(timestamp, now, YEAR_10000_MS) }
    : { takenAt: momentOf(timestamp, now, millisecondsOf(now)), timeIsClaimed: true as const };

export function receivedRecord(
  topic: string,
  partition: number,
  message: FetchedMessage,
  now: Instant,
): ReceivedRecord {
  const { key, value, headers, offset } = message;
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key ?? undefined,
    value: value ?? undefined,
    headers: headersOf(headers),
    ...timeOf(message, now),
  };
}
