import type { Consumer, EachBatchPayload } from 'kafkajs';
import { type BusConsumerOptions, BusError, type ReceivedRecord } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import type { Log } from '#domain/kernel/ports/log.ts';
import type { Problems } from '../handling.ts';
import { PartitionWork } from './partition.ts';
import { receivedRecord } from './received.ts';

/** For so long, in milliseconds, a batch waits for room before its partition is paused: a pause costs the rest of a fetch. */
const GRACE_MS = 50;

export interface AssignmentOptions {
  /** Of the bus, as it may be told. */
  readonly address: string;
  readonly topic: string;
  readonly consumer: Consumer;
  readonly options: BusConsumerOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly problems: Problems;
  readonly stopping: AbortSignal;
  /** What was handled cannot be committed: another consumer has to be made. */
  readonly stuck: (why: string) => void;
  /** Where the group has no place: of each partition where it ends. @throws BusError */
  readonly unplaced: () => Promise<ReadonlyMap<number, string>>;
}

interface Assigned {
  readonly work: PartitionWork;
  /** Until then nothing is handed on: it may not begin at the beginning. */
  placed: Promise<void>;
  /** By the driver, once and without trying again: what it tries again it would also commit when the partition is another's. */
  commit: EachBatchPayload['commitOffsetsIfNecessary'];
}

const notYet = async (): Promise<void> => {
  throw new Error('nothing has been fetched');
};

/**
 * The partitions of a topic that are ours, and what works on each. The driver fetches and keeps our place in the group; it waits for
 * nobody here, because while it waits for one partition it fetches for none, and its place may be lost.
 */
export class Assignment {
  readonly #given: AssignmentOptions;
  readonly #assigned = new Map<number, Assigned>();
  /** Nothing is taken any more: what the driver still has at hand may be of another time. */
  #over = false;
  #toldOfTimes = false;

  constructor(given: AssignmentOptions) {
    this.#given = given;
  }

  /** What was fetched. */
  async take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): Promise<void> {
    const { topic, consumer, clock, stopping } = this.#given;
    const { partition, messages } = batch;
    const entry = this.#assigned.get(partition);
    const last = messages.at(-1);
    if (this.#over || entry === undefined || last === undefined || stopping.aborted) return;
    await entry.placed;
    if (this.#over) return;
    entry.commit = commitOffsetsIfNecessary;
    const now = clock.now();
    const records = messages.map((message) => receivedRecord(topic, partition, message, now));
    this.#lookAtTimes(records);
    entry.work.push(records);
    resolveOffset(last.offset);
    if (!entry.work.isFull) return;
    await entry.work.roomWithin(GRACE_MS);
    if (entry.work.isFull && this.#assigned.get(partition) === entry)
      consumer.pause([{ topic, partitions: [partition] }]);
  }

  /** Whoever reads by the broker's time is told where there is none, until a record has it. */
  #lookAtTimes(records: readonly ReceivedRecord[]): void {
    const { address, topic, problems, log } = this.#given;
    const place = `${topic}: times`;
    if (!records.some(({ timeIsClaimed }) => timeIsClaimed)) return void problems.over(place);
    const what = `${topic} holds times of its senders, which prove nothing: its message.timestamp.type has to be LogAppendTime`;
    problems.told(place, `${address}: ${what}`);
    if (this.#toldOfTimes) return;
    this.#toldOfTimes = true;
    log.warn({ engine: address, topic }, what);
  }

  /** What is ours by the last agreement of the group; what was ours goes on where it is. */
  async agree(partitions: readonly number[]): Promise<void> {
    if (this.#over) return;
    const { topic, consumer, options } = this.#given;
    for (const [partition, { work }] of this.#assigned) {
      if (!partitions.includes(partition)) this.#lose(partition, work);
      // The driver begins again at what was committed.
      else if (work.next > 0n) consumer.seek({ topic, partition, offset: `${work.next}` });
    }
    const fresh = partitions.filter((partition) => !this.#assigned.has(partition));
    const entries = fresh.map((partition) => this.#begin(partition));
    if (options.from !== 'end' || fresh.length === 0) return;
    const placed = this.#place(fresh);
    for (const entry of entries) entry.placed = placed;
    await placed;
  }

  /**
   * What of ours the group has no place in any more, though it had one: places go with their topic, and the one that is there now is
   * another, of which nothing has been read.
   */
  async gone(): Promise<readonly number[]> {
    const { unplaced } = this.#given;
    const had = [...this.#assigned].filter(([, { work }]) => work.hasCommitted);
    if (had.length === 0) return [];
    // Where nobody answers there will be another agreement.
    const without = await unplaced().catch((error: unknown) => {
      if (error instanceof BusError) return new Map<number, string>();
      throw error;
    });
    return had.flatMap(([partition]) => (without.has(partition) ? [partition] : []));
  }

  /**
   * Where we stand is not there: whatever is there by now is not what we have read. Nothing is handled, committed or taken any more, of
   * any partition, and the group is to begin at the beginning of these.
   *
   * @returns whether anything was read; where nothing was, the driver may go on from the beginning by itself
   */
  async beginAnew(partitions: readonly number[]): Promise<boolean> {
    const { topic, consumer } = this.#given;
    const lost = partitions.filter((partition) => (this.#assigned.get(partition)?.work.next ?? 0n) > 0n);
    if (lost.length === 0) return false;
    this.#over = true;
    this.lose();
    // Behind whatever was committed of it before.
    await consumer.commitOffsets(lost.map((partition) => ({ topic, partition, offset: '0' })));
    return true;
  }

  /** All that is ours is another's, or will be. */
  lose(): void {
    for (const [partition, { work }] of this.#assigned) this.#lose(partition, work);
    this.#given.problems.over(`${this.#given.topic}: times`);
  }

  /** What is at work is done and committed, and nothing more is fetched. */
  async finish(): Promise<void> {
    const { topic, consumer } = this.#given;
    consumer.pause([{ topic }]);
    await Promise.all([...this.#assigned.values()].map(({ work }) => work.ended));
  }

  #lose(partition: number, work: PartitionWork): void {
    work.lose();
    this.#assigned.delete(partition);
    this.#given.problems.over(`${this.#given.topic}/${partition}`);
  }

  #begin(partition: number): Assigned {
    const { address, topic, consumer, options, clock, problems, stopping, stuck } = this.#given;
    const where = `${topic}/${partition}`;
    const here = [{ topic, partitions: [partition] }];
    const entry: Assigned = {
      work: new PartitionWork({
        options,
        clock,
        stopping,
        commit: (offset) =>
          entry.commit({ topics: [{ topic, partitions: [{ partition, offset: `${offset}` }] }] }),
        problem: (text) =>
          text === undefined ? problems.over(where) : problems.told(where, `${address}: ${where}: ${text}`),
        stuck: (why) => stuck(`${where}: ${why}`),
        room: () => {
          if (!stopping.aborted) consumer.resume(here);
        },
      }),
      placed: Promise.resolve(),
      commit: notYet,
    };
    this.#assigned.set(partition, entry);
    // It may have been ours before, and full.
    consumer.resume(here);
    return entry;
  }

  /** A group that begins at the end has its place there before anybody is told that it has joined. */
  async #place(partitions: readonly number[]): Promise<void> {
    const { topic, consumer, unplaced } = this.#given;
    const ends = await unplaced();
    const found = partitions.flatMap((partition) => {
      const offset = ends.get(partition);
      return offset === undefined ? [] : [{ topic, partition, offset }];
    });
    for (const { partition, offset } of found) {
      this.#assigned.get(partition)?.work.begin(BigInt(offset));
      consumer.seek({ topic, partition, offset });
    }
    if (found.length > 0) await consumer.commitOffsets(found);
  }
}
