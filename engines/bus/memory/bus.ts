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
import { checkRecords, checkTopicName, checkTopics } from '../checked.ts';
import { type MemoryGroup, memoryGroup } from './group.ts';
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

/** The whole port in this process. Nothing outlives it; what is too much for its bounds goes, the oldest first. */
export function memoryBus({ clock, log = noLog, perTopic }: MemoryBusOptions): MemoryBus {
  const bounds = { ...DEFAULT_BOUNDS, ...perTopic };
  const topics = new Map<string, TopicLog>();
  const groups = new Map<string, MemoryGroup>();
  const consumers = new Set<BusConsumer>();
  const arrived = signalled();
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new BusError('closed', `${ADDRESS} the bus is closed`);
  }

  function topicOf(name: string): TopicLog {
    const topic = topics.get(name);
    if (topic === undefined) throw new BusError('no_such_topic', `${ADDRESS} there is no topic ${name}`);
    return topic;
  }

  function append(topic: TopicLog, content: Content): void {
    const key = content.key ?? new Uint8Array();
    const partition = Number.parseInt(hash('sha1', key).slice(0, 8), 16) % topic.partitions;
    topic.append(partition, content, clock.now());
  }

  function send(records: readonly BusRecord[]): void {
    checkOpen();
    checkRecords(records);
    const placed = records.map((record) => ({ record, topic: topicOf(record.topic) }));
    for (const { record, topic } of placed) {
      const { key, value, headers } = record;
      append(topic, { key: bytesOf(key), value: bytesOf(value), headers: Object.freeze({ ...headers }) });
    }
    arrived.signal();
  }

  function declare(wanted: readonly Topic[]): void {
    checkOpen();
    checkTopics(wanted);
    const missing = wanted.filter(({ name }) => !topics.has(name));
    if (topics.size + missing.length > MOST_TOPICS) throw new RangeError(`more than ${MOST_TOPICS} topics`);
    for (const topic of missing) topics.set(topic.name, topicLog(topic, bounds));
    for (const group of groups.values()) group.share();
    arrived.signal();
  }

  function groupOf(name: string): MemoryGroup {
    const there = groups.get(name);
    if (there !== undefined) return there;
    if (groups.size >= MOST_GROUPS) throw new RangeError(`more than ${MOST_GROUPS} groups`);
    const group = memoryGroup(name, { clock, log, topics, arrived });
    groups.set(name, group);
    return group;
  }

  function consume(options: BusConsumerOptions): BusConsumer {
    checkOpen();
    for (const topic of options.topics) checkTopicName(topic);
    const membership = groupOf(options.group).join(options);
    const stopped = new AbortController();
    async function joined(): Promise<void> {
      while (!stopped.signal.aborted && options.topics.some((topic) => !topics.has(topic)))
        await arrived.after(arrived.count(), stopped.signal);
    }
    const consumer = {
      joined: joined(),
      problem: membership.problem,
      async stop(): Promise<void> {
        consumers.delete(consumer);
        stopped.abort();
        await membership.leave();
      },
    };
    consumers.add(consumer);
    return consumer;
  }

  return {
    declare: async (wanted) => declare(wanted),
    send: async (records) => send(records),
    consume,
    put(topic, content) {
      checkOpen();
      append(topicOf(topic), content);
      arrived.signal();
    },
    standing: () => ({ address: ADDRESS, state: closed ? 'down' : 'up' }),
    async close() {
      closed = true;
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
    },
  };
}
