import type { Admin, ITopicConfig } from 'kafkajs';
import { BusError, type Topic } from '#domain/kernel/ports/bus.ts';
import { doubled, pause } from '#runtime/pause.ts';
import type { KafkaOptions } from './client.ts';
import { busError } from './failure.ts';
import { held } from './held.ts';
import type { KafkaStanding } from './standing.ts';

/** In milliseconds. */
const waits = {
  /** Of one question. */
  ask: 4_000,
  declare: 15_000,
  /** For how long a topic that a broker does not know may be one of which it has not heard yet. */
  unknown: 800,
  firstPause: 100,
  longestPause: 1_000,
} as const;

/** One record of the largest that the port takes, with what Kafka puts around it. */
const BATCH_BYTES = 1_048_588;

function configOf({ name, partitions, retentionMs }: Topic): ITopicConfig {
  const entries = {
    // By the sender's time, what is old would be deleted soon after it has come.
    'message.timestamp.type': 'LogAppendTime',
    // The one that every client reads: what is foreign is made to be it.
    'compression.type': 'gzip',
    'max.message.bytes': `${BATCH_BYTES}`,
    ...(retentionMs !== undefined && { 'retention.ms': `${retentionMs}` }),
  };
  return {
    topic: name,
    numPartitions: partitions,
    // As the cluster has it.
    replicationFactor: -1,
    configEntries: Object.entries(entries).map(([entry, value]) => ({ name: entry, value })),
  };
}

/** What is asked of the cluster about topics. */
export function kafkaTopics(options: KafkaOptions, standing: KafkaStanding) {
  const { address, clock } = options;
  const admin = held<Admin>(options, async ({ kafka }) => {
    const made = kafka.admin();
    await made.connect();
    return made;
  });

  async function ask<R>(
    doing: string,
    work: (admin: Admin) => Promise<R>,
    longestMs: number = waits.ask,
  ): Promise<R> {
    try {
      const result = await admin.use(work, longestMs);
      standing.answered();
      return result;
    } catch (error) {
      const failure = busError(address, doing, error);
      if (failure.code === 'unavailable' || failure.code === 'refused') admin.discard();
      standing.failed(failure);
      throw failure;
    }
  }

  const metadata = (topics: readonly string[]) => (of: Admin) =>
    of.fetchTopicMetadata({ topics: [...topics] });

  /** @throws BusError `no_such_topic` for one that stays unknown */
  async function checkThere(topic: string): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += waits.firstPause) {
      try {
        await ask(`topic ${topic}`, metadata([topic]));
        return;
      } catch (error) {
        const unknown = error instanceof BusError && error.code === 'no_such_topic';
        if (!unknown || waitedMs >= waits.unknown) throw error;
      }
      await pause(clock, waits.firstPause);
    }
  }

  async function declareOnce(topics: readonly Topic[]): Promise<void> {
    const names = topics.map(({ name }) => name);
    const there = new Set(await ask('its topics', (of) => of.listTopics()));
    const missing = topics.filter(({ name }) => !there.has(name));
    if (missing.length > 0)
      await ask('topics', (of) =>
        // It fails where it waits for leaders itself, though the topics are made.
        of.createTopics({ topics: missing.map(configOf), waitForLeaders: false, timeout: waits.ask }),
      );
    const { topics: made } = await ask('topics that were made', metadata(names));
    const leaderless = made.find(({ partitions }) => partitions.some(({ leader }) => leader < 0));
    if (leaderless !== undefined)
      throw new BusError('unavailable', `${address}: topic ${leaderless.name} has no leader`);
  }

  return {
    checkThere,
    async declare(topics: readonly Topic[]): Promise<void> {
      if (topics.length === 0) return;
      const untilMs = performance.now() + waits.declare;
      for (let failures = 1; ; failures += 1) {
        try {
          return await declareOnce(topics);
        } catch (error) {
          const code = error instanceof BusError ? error.code : 'closed';
          // What was just made is not known to every broker yet.
          const mayPass = code === 'unavailable' || code === 'no_such_topic';
          if (!mayPass || performance.now() > untilMs) throw error;
        }
        await pause(clock, doubled(failures, waits.firstPause, waits.longestPause));
      }
    },
    /** Asks for anything, so that it is known how Kafka is doing. */
    async reach(): Promise<void> {
      await ask('cluster', (of) => of.describeCluster());
    },
    /** Of each partition where its next record comes, for those where the group has no place. */
    async unplaced(group: string, topic: string): Promise<ReadonlyMap<number, string>> {
      const doing = `places of ${group}`;
      // Whoever has asked for places in a topic asks for that topic ever after, also when it is gone.
      admin.discard();
      const placed = await ask(doing, (of) => of.fetchOffsets({ groupId: group, topics: [topic] }));
      const ends = await ask(doing, (of) => of.fetchTopicOffsets(topic));
      const without = placed.flatMap(({ partitions }) => partitions).filter(({ offset }) => offset === '-1');
      const found = new Set(without.map(({ partition }) => partition));
      return new Map(
        ends.filter(({ partition }) => found.has(partition)).map((end) => [end.partition, end.high]),
      );
    },
    close: admin.close,
  };
}
export type KafkaTopics = ReturnType<typeof kafkaTopics>;
