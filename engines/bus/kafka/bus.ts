import {
  type Bus,
  type BusConsumer,
  type BusConsumerOptions,
  BusError,
  type BusRecord,
  type Topic,
} from '#domain/kernel/ports/bus.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import { checkRecords, checkTopicName, checkTopics } from '../checked.ts';
import { problemsByPlace } from '../handling.ts';
import { type Connecting, complaintsTo, type KafkaOptions } from './client.ts';
import { Lane } from './lane.ts';
import { membership } from './membership.ts';
import { type KafkaProducer, kafkaProducer } from './producer.ts';
import { type KafkaStanding, kafkaStanding } from './standing.ts';
import { KafkaTopics } from './topics.ts';

export type { KafkaOptions };

/** Topics that are remembered to be there. */
const MOST_LANES = 1_000;
/**
 * The driver lets one send of a producer at a time to each broker, from its encoding to its acknowledgement: topics take turns, and what one waits
 * for another could use. So lanes are dealt out among so many, each of which keeps connections of its own once it is used.
 */
const PRODUCERS = 3;

class KafkaBus implements Bus {
  readonly #options: Connecting;
  readonly #standing: KafkaStanding;
  readonly #topics: KafkaTopics;
  readonly #producers: readonly KafkaProducer[];
  readonly #lanes = new Map<string, Lane>();
  readonly #consumers = new Set<BusConsumer>();
  #dealt = 0;
  readonly #stopAsking: () => void;
  #closed = false;

  constructor(given: KafkaOptions) {
    const options = { ...given, complaints: complaintsTo(given) };
    this.#options = options;
    this.#standing = kafkaStanding(options.address, options.clock);
    this.#topics = new KafkaTopics(options, this.#standing, () => {
      for (const producer of this.#producers) producer.discard();
    });
    this.#producers = Array.from({ length: PRODUCERS }, () => kafkaProducer(options));
    this.#stopAsking = this.#standing.askOn(() => this.#topics.reach());
  }

  async declare(wanted: readonly Topic[]): Promise<void> {
    this.#checkOpen();
    checkTopics(wanted);
    await this.#topics.declare(wanted);
  }

  async send(records: readonly BusRecord[]): Promise<void> {
    this.#checkOpen();
    const byTopic = Map.groupBy(checkRecords(records), ({ record }) => record.topic);
    const sent = [...byTopic].map(([topic, ofOne]) => this.#laneOf(topic).send(ofOne));
    for (const outcome of await Promise.allSettled(sent))
      if (outcome.status === 'rejected') throw outcome.reason;
  }

  consume(options: BusConsumerOptions): BusConsumer {
    this.#checkOpen();
    for (const topic of options.topics) checkTopicName(topic);
    const stop = new AbortController();
    const problems = problemsByPlace();
    const around = { kafka: this.#options, topics: this.#topics, standing: this.#standing };
    const memberships = options.topics.map((topic) =>
      membership({ topic, name: options.group, options, problems, stopping: stop.signal, ...around }),
    );
    const consumer = {
      joined: Promise.all(memberships.map(({ joined }) => joined)).then(() => undefined),
      problem: problems.first,
      stop: async (): Promise<void> => {
        stop.abort();
        await Promise.all(memberships.map(({ ended }) => ended));
        this.#consumers.delete(consumer);
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  standing(): Standing {
    return this.#standing.standing();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopAsking();
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
    await Promise.all([...this.#producers.map((producer) => producer.close()), this.#topics.close()]);
  }

  #checkOpen(): void {
    if (this.#closed) throw new BusError('closed', `${this.#options.address}: the bus is closed`);
  }

  #nextProducer(): KafkaProducer {
    const producer = this.#producers[this.#dealt % PRODUCERS];
    if (producer === undefined) throw new RangeError('there is no producer');
    this.#dealt += 1;
    return producer;
  }

  #laneOf(topic: string): Lane {
    const there = this.#lanes.get(topic);
    if (there !== undefined) return there;
    if (this.#lanes.size >= MOST_LANES)
      for (const [name, { isIdle }] of this.#lanes) if (isIdle) this.#lanes.delete(name);
    const { address, clock } = this.#options;
    const around = {
      address,
      clock,
      topics: this.#topics,
      producer: this.#nextProducer(),
      standing: this.#standing,
    };
    const lane = new Lane(topic, around);
    this.#lanes.set(topic, lane);
    return lane;
  }
}

/** The port on Kafka. Nothing is asked of it before somebody asks for something, but how it is doing. */
export const kafkaBus = (options: KafkaOptions): Bus => new KafkaBus(options);
