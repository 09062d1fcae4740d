import type { Consumer, LogEntry } from 'kafkajs';
import { type BusConsumerOptions, BusError } from '#domain/kernel/ports/bus.ts';
import { every } from '#runtime/pause.ts';
import { bounded } from '../../bounded.ts';
import type { Problems } from '../handling.ts';
import { Assignment } from './assignment.ts';
import { type Connecting, type KafkaClient, kafkaClient, patient } from './client.ts';
import { BEGINS_ANEW } from './driver.ts';
import type { KafkaStanding } from './standing.ts';
import type { KafkaTopics } from './topics.ts';

/** In milliseconds. */
const waits = {
  /** Whoever is not heard of for so long is out of the group. */
  session: 10_000,
  rebalance: 15_000,
  heartbeat: 1_000,
  /** A fetch waits for records, and whoever stops waits for the fetch. */
  fetch: 100,
  look: 1_000,
  /** Without an answer for so long, it is asked whether the topic is there. */
  silence: 4_000,
  /** With a topic that is there and a consumer that hears nothing, another consumer is made. */
  stuck: 30_000,
  leave: 3_000,
} as const;

/** So many partitions may wait for room at once before a fetch waits for them. */
const AT_ONCE = 16;

export interface SessionOptions {
  readonly topic: string;
  readonly group: string;
  readonly options: BusConsumerOptions;
  readonly kafka: Connecting;
  readonly topics: KafkaTopics;
  readonly standing: KafkaStanding;
  readonly problems: Problems;
  readonly stopping: AbortSignal;
  /** It is in the group, and begins where it should. */
  joined(): void;
}

function consumerOf(client: KafkaClient, groupId: string): Consumer {
  return client.kafka.consumer({
    groupId,
    sessionTimeout: waits.session,
    rebalanceTimeout: waits.rebalance,
    heartbeatInterval: waits.heartbeat,
    maxWaitTimeInMs: waits.fetch,
    allowAutoTopicCreation: false,
    // Another one is made here, whatever has ended it: of some errors the driver would say nothing more.
    retry: { ...patient.retry, restartOnFailure: async () => false },
  });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** One consumer of the driver in the group of one topic, from its start until it is stopped or lost. */
export class Session {
  readonly #given: SessionOptions;
  readonly #client: KafkaClient;
  readonly #consumer: Consumer;
  readonly #assignment: Assignment;
  /** Rejects with what has ended it. */
  readonly #lost = Promise.withResolvers<never>();
  #member: string | undefined;
  #heardMs = performance.now();
  #looking = false;

  constructor(given: SessionOptions) {
    const { topic, group, options, kafka, topics, problems, stopping } = given;
    this.#given = given;
    this.#client = kafkaClient(kafka, patient, (entry) => this.#told(entry));
    this.#consumer = consumerOf(this.#client, group);
    this.#lost.promise.catch(() => undefined);
    this.#assignment = new Assignment({
      address: kafka.address,
      ...{ topic, options, problems, stopping, consumer: this.#consumer, clock: kafka.clock, log: kafka.log },
      unplaced: () => topics.unplaced(group, topic),
      stuck: (why) => this.#lost.reject(new Error(why)),
    });
  }

  /** Resolves when it was stopped, with what was at work committed. @throws whatever it was lost by */
  async run(): Promise<void> {
    const { kafka, stopping } = this.#given;
    const stopLooking = every(kafka.clock, waits.look, () => void this.#look());
    this.#listen();
    try {
      this.#start().catch(this.#lost.reject);
      await Promise.race([this.#lost.promise, aborted(stopping)]);
      if (this.#member !== undefined) await Promise.race([this.#lost.promise, this.#assignment.finish()]);
    } finally {
      stopLooking();
      this.#assignment.lose();
      await bounded(this.#consumer.disconnect(), waits.leave).catch(() => undefined);
      this.#client.end();
    }
  }

  #listen(): void {
    const consumer = this.#consumer;
    const { topic } = this.#given;
    consumer.on(consumer.events.HEARTBEAT, () => this.#heard());
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#lost.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
      this.#agreed(memberId, memberAssignment[topic] ?? []).catch(this.#lost.reject),
    );
  }

  async #start(): Promise<void> {
    const { topic } = this.#given;
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [topic], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: AT_ONCE,
      // What throws here would be the end of the consumer, without a word of why.
      eachBatch: (batch) => this.#assignment.take(batch).catch(this.#lost.reject),
    });
  }

  #heard(): void {
    this.#heardMs = performance.now();
    this.#given.problems.over(this.#given.topic);
    this.#given.standing.answered('reads');
  }

  async #agreed(memberId: string, partitions: readonly number[]): Promise<void> {
    this.#heard();
    // What was fetched before may still be handed on, so that nothing may follow it here.
    if (this.#member !== undefined && this.#member !== memberId)
      throw new Error('the place in the group was lost');
    this.#member = memberId;
    await this.#assignment.agree(partitions);
    this.#given.joined();
    const gone = await this.#assignment.gone();
    if (gone.length > 0) await this.#beginAnew(gone);
  }

  #told({ log }: LogEntry): void {
    const { topic, partition } = log as Readonly<Record<string, unknown>>;
    if (log.message !== BEGINS_ANEW || topic !== this.#given.topic) return;
    this.#beginAnew([Number(partition)]).catch(this.#lost.reject);
  }

  /**
   * A topic was deleted and made again, has lost its end with a broker, or has lost what was not read yet. What the driver has at hand is of
   * before and of after, by the same offsets: another session begins with nothing at hand.
   */
  async #beginAnew(partitions: readonly number[]): Promise<void> {
    const { topic, group, kafka, problems } = this.#given;
    const where = `${topic}/${partitions.join()}`;
    const what = `${where} has not what was to be read next (made anew, or records were lost): it is read from its beginning`;
    problems.told(topic, `${kafka.address}: ${what}`);
    kafka.log.error({ engine: kafka.address, group, topic, partitions: partitions.map(String) }, what);
    const wasRead = await bounded(this.#assignment.beginAnew(partitions), waits.leave).catch(() => true);
    if (wasRead) this.#lost.reject(new Error(what));
  }

  /** The driver tries for ever, and says nothing of it. */
  async #look(): Promise<void> {
    const { topic, topics, problems } = this.#given;
    const silentMs = performance.now() - this.#heardMs;
    if (this.#looking || silentMs < waits.silence) return;
    this.#looking = true;
    try {
      await topics.checkThere(topic);
      if (silentMs > waits.stuck)
        this.#lost.reject(new Error(this.#given.kafka.complaints.last() ?? 'nothing was heard'));
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      problems.told(topic, error.message);
      if (error.code === 'no_such_topic') this.#lost.reject(error);
    } finally {
      this.#looking = false;
    }
  }
}
