import type { Admin, ITopicConfig, ITopicMetadata } from 'kafkajs';
import { BusError, type Topic } from '#domain/kernel/ports/bus.ts';
import { doubled, pause } from '#runtime/pause.ts';
import type { Connecting } from './client.ts';
import { busError } from './failure.ts';
import { type Held, held } from './held.ts';
import type { KafkaStanding } from './standing.ts';

/** In milliseconds. */
const waits = {
  /** Of one question. */
  ask: 4_000,
  /** Of the one whether it is there at all. */
  reach: 3_000,
  declare: 15_000,
  /** For how long a topic that a broker does not know may be one of which it has not heard yet. */
  unknown: 800,
  firstPause: 100,
  longestPause: 1_000,
} as const;

/** Topics of which it is remembered. */
const MOST_SEEN = 1_000;

/** What is asked of topics that were just made. */
const NEW_TOPICS = 'new topics';

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

const adminOf = (options: Connecting): Held<Admin> =>
  held<Admin>(options, async ({ kafka }) => {
    const made = kafka.admin();
    await made.connect();
    return made;
  });

/** Where partitions end in which there is no place. */
function endsWithout(
  placed: readonly { readonly partitions: readonly { partition: number; offset: string }[] }[],
  ends: readonly { readonly partition: number; readonly high: string }[],
): ReadonlyMap<number, string> {
  const without = placed.flatMap(({ partitions }) => partitions).filter(({ offset }) => offset === '-1');
  const found = new Set(without.map(({ partition }) => partition));
  return new Map(
    ends.filter(({ partition }) => found.has(partition)).map(({ partition, high }) => [partition, high]),
  );
}

/** What is asked of the cluster about topics. */
export class KafkaTopics {
  readonly #options: Connecting;
  readonly #standing: KafkaStanding;
  readonly #admin: Held<Admin>;
  /** Of topics that have another number of partitions than was declared: the number that was told. */
  readonly #divided = new Map<string, number>();
  /** Into how many parts each was last seen to be divided. */
  readonly #seen = new Map<string, number>();
  readonly #redivided: () => void;

  /**
   * @param redivided is told when a topic has another number of partitions than it had: whoever places records goes by the old one, and by
   *   that each partition is still there where there are more now
   */
  constructor(options: Connecting, standing: KafkaStanding, redivided: () => void) {
    this.#options = options;
    this.#standing = standing;
    this.#redivided = redivided;
    this.#admin = adminOf(options);
  }

  /** Asks for anything, so that it is known how Kafka is doing. @throws BusError */
  async reach(): Promise<void> {
    await this.#ask('cluster', (admin) => admin.describeCluster(), waits.reach);
  }

  /** @throws BusError `no_such_topic` for one that stays unknown */
  async checkThere(topic: string): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += waits.firstPause) {
      try {
        const { topics } = await this.#ask(`topic ${topic}`, (admin) =>
          admin.fetchTopicMetadata({ topics: [topic] }),
        );
        return this.#look(topics);
      } catch (error) {
        const unknown = error instanceof BusError && error.code === 'no_such_topic';
        if (!unknown || waitedMs >= waits.unknown) throw error;
      }
      await pause(this.#options.clock, waits.firstPause);
    }
  }

  /** Makes what is missing, and resolves when each can be written. @throws BusError */
  async declare(topics: readonly Topic[]): Promise<void> {
    if (topics.length === 0) return;
    const untilMs = performance.now() + waits.declare;
    for (let failures = 1; ; failures += 1) {
      try {
        return await this.#declareOnce(topics);
      } catch (error) {
        const code = error instanceof BusError ? error.code : 'closed';
        // What was just made is not known to every broker yet.
        const mayPass = code === 'unavailable' || code === 'no_such_topic';
        if (!mayPass || performance.now() > untilMs) throw error;
      }
      await pause(this.#options.clock, doubled(failures, waits.firstPause, waits.longestPause));
    }
  }

  /** Of each partition where its next record comes, for those where the group has no place. @throws BusError */
  async unplaced(group: string, topic: string): Promise<ReadonlyMap<number, string>> {
    const doing = `places of ${group}`;
    // Whoever has asked for places in a topic asks for that topic ever after, also when it is gone; so nobody else is to share it.
    const own = adminOf(this.#options);
    try {
      const placed = await this.#ask(
        doing,
        (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }),
        waits.ask,
        own,
      );
      const ends = await this.#ask(doing, (admin) => admin.fetchTopicOffsets(topic), waits.ask, own);
      return endsWithout(placed, ends);
    } finally {
      own.discard();
    }
  }

  close(): Promise<void> {
    return this.#admin.close();
  }

  async #declareOnce(topics: readonly Topic[]): Promise<void> {
    const names = topics.map(({ name }) => name);
    const there = new Set(await this.#ask('topics', (admin) => admin.listTopics()));
    const missing = topics.filter(({ name }) => !there.has(name));
    if (missing.length > 0)
      await this.#ask('topics', (admin) =>
        // Where the driver waits for leaders it may fail, though the topics are made.
        admin.createTopics({ topics: missing.map(configOf), waitForLeaders: false, timeout: waits.ask }),
      );
    const made = await this.#ask(NEW_TOPICS, (admin) => admin.fetchTopicMetadata({ topics: names }));
    this.#look(made.topics);
    for (const { name, partitions } of topics)
      this.#compare(name, partitions, made.topics.find((topic) => topic.name === name)?.partitions.length);
    const leaderless = made.topics.find(({ partitions }) => partitions.some(({ leader }) => leader < 0));
    if (leaderless === undefined) return;
    throw new BusError('unavailable', `${this.#options.address}: topic ${leaderless.name} has no leader`);
  }

  #look(topics: readonly ITopicMetadata[]): void {
    let isOther = false;
    for (const { name, partitions } of topics) {
      const before = this.#seen.get(name);
      isOther ||= before !== undefined && before !== partitions.length;
      if (before === undefined && this.#seen.size >= MOST_SEEN) this.#seen.clear();
      this.#seen.set(name, partitions.length);
    }
    if (isOther) this.#redivided();
  }

  /** What is there stays as it is, and is told where it is divided otherwise: by keys alone nobody finds what is before and behind. */
  #compare(name: string, wanted: number, found = wanted): void {
    const what = `topic ${name} has ${found} partitions, and was to have ${wanted}: a key may stand in two of them`;
    if (found === wanted) this.#divided.delete(name);
    else if (this.#divided.get(name) !== found) {
      this.#divided.set(name, found);
      this.#options.log.error({ engine: this.#options.address, topic: name }, what);
    }
  }

  async #ask<R>(
    doing: string,
    work: (admin: Admin) => Promise<R>,
    longestMs: number = waits.ask,
    by: Held<Admin> = this.#admin,
  ): Promise<R> {
    try {
      const result = await by.use(work, longestMs);
      this.#standing.answered('reads');
      return result;
    } catch (error) {
      const failure = busError(this.#options.address, doing, error);
      if (failure.code === 'unavailable' || failure.code === 'refused') by.discard();
      // What was just made is not known to every broker yet: that is no failure of anybody's.
      if (doing !== NEW_TOPICS || failure.code !== 'no_such_topic') this.#standing.failed(failure, 'reads');
      throw failure;
    }
  }
}
