import type { Consumer } from 'kafkajs';
import { type BusConsumerOptions, BusError } from '#domain/kernel/ports/bus.ts';
import { doubled, every, pause } from '#runtime/pause.ts';
import { bounded } from '../../bounded.ts';
import { type Problems, textOf } from '../handling.ts';
import { assignment } from './assignment.ts';
import { type KafkaClient, type KafkaOptions, kafkaClient, patient } from './client.ts';
import { reasonOf } from './failure.ts';
import type { KafkaStanding } from './standing.ts';
import type { KafkaTopics } from './topics.ts';

/** In milliseconds. */
const waits = {
  /** Whoever is not heard of for so long is out of the group. */
  session: 10_000,
  rebalance: 15_000,
  heartbeat: 1_000,
  /** A fetch waits for records, and whoever stops for the fetch. */
  fetch: 100,
  look: 1_000,
  /** Without an answer for so long, it is asked whether the topic is there. */
  silence: 4_000,
  /** With a topic that is there and a consumer that hears nothing, another consumer is made. */
  stuck: 30_000,
  leave: 3_000,
  firstPause: 200,
  longestPause: 5_000,
} as const;

/** So many partitions may wait for room at once before a fetch waits for them. */
const AT_ONCE = 16;

export interface MembershipOptions {
  readonly topic: string;
  readonly options: BusConsumerOptions;
  readonly kafka: KafkaOptions;
  readonly topics: KafkaTopics;
  readonly standing: KafkaStanding;
  readonly problems: Problems;
  readonly stopping: AbortSignal;
}

const until = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

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

/**
 * One place in the group of one topic, taken again whenever it is lost. Each topic has a group of its own, because the driver lets
 * one topic that is gone hold up all others of its group.
 */
export function membership(given: MembershipOptions) {
  const { topic, options, kafka, topics, standing, problems, stopping } = given;
  const { clock } = kafka;
  const group = `${options.group}.${topic}`;
  const joined = Promise.withResolvers<void>();

  /** Until it is lost or stopped. @returns whether it was in the group */
  async function session(client: KafkaClient): Promise<boolean> {
    const consumer = consumerOf(client, group);
    const unplaced = () => topics.unplaced(group, topic);
    const ours = assignment({ topic, group, consumer, options, clock, problems, stopping, unplaced });
    const over = Promise.withResolvers<never>();
    over.promise.catch(() => undefined);
    let member: string | undefined;
    let heardMs = performance.now();

    function heard(): void {
      heardMs = performance.now();
      problems.over(topic);
      standing.answered();
    }

    async function agreed(memberId: string, partitions: readonly number[]): Promise<void> {
      heard();
      // What was fetched before may still be handed on, so that nothing may follow it.
      if (member !== undefined && member !== memberId) throw new Error('the place in the group was lost');
      member = memberId;
      await ours.agree(partitions);
      joined.resolve();
    }

    async function look(): Promise<void> {
      const silentMs = performance.now() - heardMs;
      if (silentMs < waits.silence) return;
      try {
        await topics.checkThere(topic);
        if (silentMs > waits.stuck) over.reject(new Error(client.complaint() ?? 'nothing was heard'));
      } catch (error) {
        problems.told(topic, textOf(error));
        if (error instanceof BusError && error.code === 'no_such_topic') over.reject(error);
      }
    }
    let looking = false;
    const stopLooking = every(clock, waits.look, () => {
      if (looking) return;
      looking = true;
      void look().finally(() => {
        looking = false;
      });
    });

    consumer.on(consumer.events.HEARTBEAT, heard);
    consumer.on(consumer.events.CRASH, ({ payload }) => over.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
      agreed(payload.memberId, payload.memberAssignment[topic] ?? []).catch(over.reject),
    );

    async function run(): Promise<void> {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: AT_ONCE,
        // What throws here would be the end of the consumer.
        eachBatch: (batch) => ours.take(batch).catch(over.reject),
      });
    }

    try {
      run().catch(over.reject);
      await Promise.race([over.promise, until(stopping)]);
      if (member !== undefined) await Promise.race([over.promise, ours.finish()]);
      return true;
    } finally {
      stopLooking();
      ours.lose();
      await bounded(consumer.disconnect(), waits.leave).catch(() => undefined);
      client.end();
    }
  }

  async function once(): Promise<void> {
    await topics.checkThere(topic);
    if (!stopping.aborted) await session(kafkaClient(kafka, patient));
  }

  async function live(): Promise<void> {
    for (let failures = 1; !stopping.aborted; failures += 1) {
      const began = performance.now();
      try {
        await once();
      } catch (error) {
        problems.told(
          topic,
          error instanceof BusError ? error.message : `${kafka.address}: ${reasonOf(error)}`,
        );
        if (performance.now() - began > waits.stuck) failures = 1;
      }
      await pause(clock, doubled(failures, waits.firstPause, waits.longestPause), stopping);
    }
    problems.over(topic);
    joined.resolve();
  }

  return { joined: joined.promise, ended: live() };
}
