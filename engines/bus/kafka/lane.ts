import { BusError, type BusRecord, busLimits } from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { doubled, pause } from '#runtime/pause.ts';
import type { CheckedRecord } from '../checked.ts';
import { busError, spoilsProducer } from './failure.ts';
import type { KafkaProducer } from './producer.ts';
import type { KafkaStanding } from './standing.ts';
import type { KafkaTopics } from './topics.ts';

/** Of one batch, in bytes: Kafka takes 1 MiB of a partition with what it puts around each record. One record may be all of it. */
const BATCH_BYTES = 900_000;
const RECORD_OVERHEAD_BYTES = 50;
/** A batch that does not stand by then is given up, in milliseconds. */
const SEND_MS = 10_000;
/** The same batch is sent again by the same producer for so long, so that Kafka knows it; then by another one. */
const SAME_PRODUCER_MS = 6_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 500;
/** Records that wait for one topic. Whoever sends more is told at once. */
const MOST_WAITING = 50_000;

interface Send {
  /** How many of its records do not stand yet. */
  left: number;
  failed: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly record: BusRecord;
  readonly bytes: number;
  readonly of: Send;
}

function fail({ of }: Waiting, error: unknown): void {
  of.failed = true;
  of.reject(error);
}

export interface Surroundings {
  readonly address: string;
  readonly clock: Clock;
  readonly topics: KafkaTopics;
  readonly producer: KafkaProducer;
  readonly standing: KafkaStanding;
}

/**
 * What is sent to one topic: one batch at a time, in the order of the sends; what comes meanwhile shares the next.
 *
 * Where a batch does not stand, or nobody knows whether it does, all that waits behind it is refused with it: none of it may overtake
 * what will be sent again. Whoever sends again in the order in which they were refused keeps the order of each key.
 */
export class Lane {
  readonly #topic: string;
  readonly #around: Surroundings;
  #waiting: Waiting[] = [];
  #running = false;
  /** Whether the topic was there when it was last asked for. */
  #checked = false;

  constructor(topic: string, around: Surroundings) {
    this.#topic = topic;
    this.#around = around;
  }

  get isIdle(): boolean {
    return !this.#running;
  }

  /** @throws BusError */
  send(records: readonly CheckedRecord[]): Promise<void> {
    if (this.#waiting.length + records.length > MOST_WAITING) {
      const full = `${this.#around.address}: ${this.#waiting.length} records wait for ${this.#topic} already`;
      return Promise.reject(new BusError('unavailable', full));
    }
    return new Promise((resolve, reject) => {
      const of: Send = { left: records.length, failed: false, resolve, reject };
      for (const { record, bytes } of records)
        this.#waiting.push({ record, bytes: bytes + RECORD_OVERHEAD_BYTES, of });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#deliverEach(batch);
      } catch (error) {
        const behind = this.#waiting;
        this.#waiting = [];
        for (const each of [...batch, ...behind]) fail(each, error);
      }
    }
    this.#running = false;
  }

  #nextBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const each of this.#waiting) {
      if (count >= busLimits.recordsPerSend || (count > 0 && bytes + each.bytes > BATCH_BYTES)) break;
      bytes += each.bytes;
      count += 1;
    }
    return this.#waiting.splice(0, count).filter(({ of }) => !of.failed);
  }

  /** Where one is too large, each half by itself, until it is known which. */
  async #deliverEach(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    try {
      await this.#deliver(batch.map(({ record }) => record));
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'too_large') throw error;
      if (batch.length === 1) return fail(first, error);
      const half = Math.ceil(batch.length / 2);
      await this.#deliverEach(batch.slice(0, half));
      return await this.#deliverEach(batch.slice(half).filter(({ of }) => !of.failed));
    }
    for (const { of } of batch) {
      of.left -= 1;
      if (of.left === 0 && !of.failed) of.resolve();
    }
  }

  /** The same batch again and again, until it stands. @throws BusError; the producer is another one then */
  async #deliver(records: readonly BusRecord[]): Promise<void> {
    const { clock, producer } = this.#around;
    const began = performance.now();
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#attempt(records, SEND_MS - (performance.now() - began));
      } catch (error) {
        const failure = this.#failure(error);
        const tookMs = performance.now() - began;
        const pauseMs = doubled(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
        const isAway = failure.code === 'unavailable';
        const isLast = !isAway || tookMs + pauseMs >= SEND_MS - FIRST_PAUSE_MS;
        if (isAway && (isLast || tookMs > SAME_PRODUCER_MS)) producer.discard();
        if (isLast) throw failure;
        await pause(clock, pauseMs);
      }
    }
  }

  async #attempt(records: readonly BusRecord[], longestMs: number): Promise<void> {
    const { topics, producer, standing } = this.#around;
    if (!this.#checked) await topics.checkThere(this.#topic);
    this.#checked = true;
    try {
      await producer.send(this.#topic, records, longestMs);
      standing.answered();
    } catch (error) {
      this.#checked = false;
      const failure = this.#failure(error);
      standing.failed(failure, 'writes');
      // The next try asks whether it is this topic that is gone, or another one that the producer has sent to.
      const isOfProducer = failure.code === 'no_such_topic' || spoilsProducer(error);
      if (isOfProducer || failure.code === 'too_large') producer.discard();
      throw isOfProducer ? new BusError('unavailable', failure.message, { cause: error }) : failure;
    }
  }

  #failure(error: unknown): BusError {
    return busError(this.#around.address, `sending to ${this.#topic}`, error);
  }
}
