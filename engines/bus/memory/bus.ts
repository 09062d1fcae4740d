import { hash } from 'node:crypto';
import {
  type Bus,
  type BusConsumer,
  type BusConsumerOptions,
  BusError,
  type BusRecord,
  type Topic,
} from '#domain/kernel/ports/bus.ts';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { type Log, noLog } from '#domain/kernel/ports/log.ts';
import { signalled } from '../../event-store/wake.ts';
import { alwaysUp } from '../../standing.ts';
import { checkRecords, checkTopicName, checkTopics } from '../checked.ts';
import { MemoryGroup, type Surroundings } from './group.ts';
import { type Bounds, type Content, type TopicLog, topicLog } from './log.ts';

export interface MemoryBusOptions {
  readonly clock: Clock;
  readonly log?: Log;
  /** What is kept of each topic. */
  readonly perTopic?: Partial<Bounds>;
}

const DEFAULT_BOUNDS: Bounds = { records: 50_000, bytes: 32 * 1024 * 1024 };
const MOST_TOPICS = 1_000;
const MOST_GROUPS = 1_000;
const ADDRESS = 'memory:';

export interface MemoryBus extends Bus {
  /** What another program might have put there. @throws BusError */
  put(topic: string, content: Content): void;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

class InMemory implements MemoryBus {
  readonly #bounds: Bounds;
  readonly #topics = new Map<string, TopicLog>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #consumers = new Set<BusConsumer>();
  readonly #around: Surroundings;
  readonly standing = alwaysUp(ADDRESS);
  #closed = false;

  constructor({ clock, log = noLog, perTopic }: MemoryBusOptions) {
    this.#bounds = { ...DEFAULT_BOUNDS, ...perTopic };
    this.#around = { clock, log, topics: this.#topics, arrived: signalled() };
  }

  async declare(wanted: readonly Topic[]): Promise<void> {
    this.#checkOpen();
    checkTopics(wanted);
    const missing = wanted.filter(({ name }) => !this.#topics.has(name));
    if (this.#topics.size + missing.length > MOST_TOPICS)
      throw new RangeError(`more than ${MOST_TOPICS} topics`);
    for (const topic of missing) this.#topics.set(topic.name, topicLog(topic, this.#bounds));
    for (const group of this.#groups.values()) group.share();
    this.#around.arrived.signal();
  }

  async send(records: readonly BusRecord[]): Promise<void> {
    this.#checkOpen();
    checkRecords(records);
    const placed = records.map((record) => ({ record, topic: this.#topicOf(record.topic) }));
    for (const { record, topic } of placed) {
      const { key, value, headers } = record;
      this.#append(topic, {
        key: bytesOf(key),
        value: bytesOf(value),
        headers: Object.freeze({ ...headers }),
      });
    }
    this.#around.arrived.signal();
  }

  put(topic: string, content: Content): void {
    this.#checkOpen();
    this.#append(this.#topicOf(topic), content);
    this.#around.arrived.signal();
  }

  consume(options: BusConsumerOptions): BusConsumer {
    this.#checkOpen();
    for (const topic of options.topics) checkTopicName(topic);
    const membership = this.#groupOf(options.group).join(options);
    const stopped = new AbortController();
    const consumer = {
      joined: this.#allThere(options.topics, stopped.signal),
      problem: membership.problem,
      stop: async (): Promise<void> => {
        this.#consumers.delete(consumer);
        stopped.abort();
        await membership.leave();
      },
    };
    this.#consumers.add(consumer);
    return consumer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
  }

  #checkOpen(): void {
    if (this.#closed) throw new BusError('closed', `${ADDRESS} the bus is closed`);
  }

  #topicOf(name: string): TopicLog {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new BusError('no_such_topic', `${ADDRESS} there is no topic ${name}`);
    return topic;
  }

  #append(topic: TopicLog, content: Content): void {
    const key = content.key ?? new Uint8Array();
    const partition = Number.parseInt(hash('sha1', key).slice(0, 8), 16) % topic.partitions;
    topic.append(partition, content, this.#around.clock.now());
  }

  #groupOf(name: string): MemoryGroup {
    const there = this.#groups.get(name);
    if (there !== undefined) return there;
    if (this.#groups.size >= MOST_GROUPS) throw new RangeError(`more than ${MOST_GROUPS} groups`);
    const group = new MemoryGroup(name, this.#around);
    this.#groups.set(name, group);
    return group;
  }

  async #allThere(topics: readonly string[], signal: AbortSignal): Promise<void> {
    const { arrived } = this.#around;
    while (!signal.aborted && topics.some((topic) => !this.#topics.has(topic)))
      await arrived.after(arrived.count(), signal);
  }
}

/** The whole port in this process. Nothing outlives it; what is too much for its bounds goes, the oldest first. */
export const memoryBus = (options: MemoryBusOptions): MemoryBus => new InMemory(options);
