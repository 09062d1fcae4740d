import {
  type Bus,
  type BusConsumer,
  type BusConsumerOptions,
  BusError,
  type BusRecord,
  type Topic,
} from '#domain/kernel/ports/bus.ts';
import { checkRecords, checkTopicName, checkTopics } from '../checked.ts';
import { problemsByPlace } from '../handling.ts';
import type { KafkaOptions } from './client.ts';
import { type Lane, lane } from './lane.ts';
import { membership } from './membership.ts';
import { kafkaProducer } from './producer.ts';
import { standingOf } from './standing.ts';
import { kafkaTopics } from './topics.ts';

export type { KafkaOptions };

/** Topics that are remembered to be there. */
const MOST_LANES = 1_000;

/** The port on Kafka. Nothing is asked of it before somebody asks for something, but how it is doing. */
export function kafkaBus(options: KafkaOptions): Bus {
  const { address, clock } = options;
  const standing = standingOf(address, clock);
  const topics = kafkaTopics(options, standing);
  const producer = kafkaProducer(options);
  const lanes = new Map<string, Lane>();
  const consumers = new Set<BusConsumer>();
  let closed = false;
  topics.reach().catch(() => undefined);

  function checkOpen(): void {
    if (closed) throw new BusError('closed', `${address}: the bus is closed`);
  }

  function laneOf(topic: string): Lane {
    const there = lanes.get(topic);
    if (there !== undefined) return there;
    if (lanes.size >= MOST_LANES) for (const [name, { idle }] of lanes) if (idle()) lanes.delete(name);
    const made = lane(topic, { address, clock, topics, producer, standing });
    lanes.set(topic, made);
    return made;
  }

  async function send(records: readonly BusRecord[]): Promise<void> {
    checkOpen();
    checkRecords(records);
    const byTopic = Map.groupBy(records, ({ topic }) => topic);
    const sent = [...byTopic].map(([topic, ofOne]) => laneOf(topic).send(ofOne));
    for (const outcome of await Promise.allSettled(sent))
      if (outcome.status === 'rejected') throw outcome.reason;
  }

  function consume(given: BusConsumerOptions): BusConsumer {
    checkOpen();
    for (const topic of given.topics) checkTopicName(topic);
    const stop = new AbortController();
    const problems = problemsByPlace();
    const shared = { options: given, kafka: options, topics, standing, problems, stopping: stop.signal };
    const memberships = given.topics.map((topic) => membership({ topic, ...shared }));
    const consumer = {
      joined: Promise.all(memberships.map(({ joined }) => joined)).then(() => undefined),
      problem: problems.first,
      async stop(): Promise<void> {
        stop.abort();
        await Promise.all(memberships.map(({ ended }) => ended));
        consumers.delete(consumer);
      },
    };
    consumers.add(consumer);
    return consumer;
  }

  return {
    async declare(wanted: readonly Topic[]) {
      checkOpen();
      checkTopics(wanted);
      await topics.declare(wanted);
    },
    send,
    consume,
    standing: standing.standing,
    async close() {
      closed = true;
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await Promise.all([producer.close(), topics.close()]);
      standing.closed();
    },
  };
}
