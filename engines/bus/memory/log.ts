import { type Instant, millisecondsOf } from '#domain/kernel/instant.ts';
import type { ReceivedRecord, Topic } from '#domain/kernel/ports/bus.ts';

/** What is kept of a topic; the oldest goes first. */
export interface Bounds {
  readonly records: number;
  readonly bytes: number;
}

export type Content = Pick<ReceivedRecord, 'key' | 'value' | 'headers'>;

interface Kept {
  readonly record: ReceivedRecord;
  readonly bytes: number;
}

/** The records of one partition, from `first` on. */
interface Partition {
  /** The offset of `kept[0]`. */
  first: number;
  kept: (Kept | undefined)[];
  /** How many of `kept`, from its beginning, are gone. */
  gone: number;
}

/** Where gone records are cut off: seldom, because what is behind them moves. */
const CUT = 1_024;

const sizeOf = ({ key, value, headers }: Content): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + JSON.stringify(headers).length;

/** The records of one topic. */
export function topicLog({ name, partitions: count, retentionMs }: Topic, bounds: Bounds) {
  const partitions = Array.from({ length: count }, (): Partition => ({ first: 0, kept: [], gone: 0 }));
  /** Partitions in the order in which their records came, so that the oldest of all is known. */
  let order: number[] = [];
  let passed = 0;
  let bytes = 0;

  const at = (partition: number): Partition => {
    const found = partitions[partition];
    if (found === undefined) throw new RangeError(`${name} has no partition ${partition}`);
    return found;
  };

  function oldest(): { readonly of: Partition; readonly kept: Kept } | undefined {
    const number = order[passed];
    const of = number === undefined ? undefined : at(number);
    const kept = of?.kept[of.gone];
    return of === undefined || kept === undefined ? undefined : { of, kept };
  }

  function drop(of: Partition, kept: Kept): void {
    bytes -= kept.bytes;
    of.kept[of.gone] = undefined;
    of.gone += 1;
    passed += 1;
    if (of.gone >= CUT && of.gone * 2 > of.kept.length) {
      of.kept = of.kept.slice(of.gone);
      of.first += of.gone;
      of.gone = 0;
    }
    if (passed >= CUT && passed * 2 > order.length) {
      order = order.slice(passed);
      passed = 0;
    }
  }

  /** What is too much or too old. The last one stays, however large. */
  function trim(now: Instant): void {
    const since = retentionMs === undefined ? Number.NEGATIVE_INFINITY : millisecondsOf(now) - retentionMs;
    for (let first = oldest(); first !== undefined; first = oldest()) {
      const count = order.length - passed;
      const tooMuch = count > bounds.records || (bytes > bounds.bytes && count > 1);
      if (!tooMuch && millisecondsOf(first.kept.record.takenAt) >= since) return;
      drop(first.of, first.kept);
    }
  }

  return {
    partitions: count,
    append(partition: number, content: Content, takenAt: Instant): void {
      const of = at(partition);
      const offset = BigInt(of.first + of.kept.length);
      const record = Object.freeze({ topic: name, partition, offset, takenAt, ...content });
      of.kept.push({ record, bytes: sizeOf(content) });
      bytes += of.kept.at(-1)?.bytes ?? 0;
      order.push(partition);
      trim(takenAt);
    },
    /** The offset of the oldest that is kept. */
    first: (partition: number): number => at(partition).first + at(partition).gone,
    /** The offset of the next that comes. */
    end: (partition: number): number => at(partition).first + at(partition).kept.length,
    read(partition: number, from: number, most: number, now: Instant): readonly ReceivedRecord[] {
      trim(now);
      const { first, kept, gone } = at(partition);
      const start = Math.max(gone, from - first);
      return kept.slice(start, start + most).flatMap((found) => (found === undefined ? [] : [found.record]));
    },
  };
}
export type TopicLog = ReturnType<typeof topicLog>;
