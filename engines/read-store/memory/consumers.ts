import { BEGINNING, type Position } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import {
  type ConsumerStore,
  consumerStoreLimits,
  type Lease,
  type ParkedChange,
} from '#domain/kernel/ports/consumer-store.ts';
import { compareText } from '../collection.ts';
import { type Collections, putAll } from './documents.ts';

interface ParkedEntry {
  error: string;
  since: Instant;
  positions: Position[];
  retry: boolean;
}

interface ConsumerEntry {
  owner: string | undefined;
  epoch: number;
  leasedUntilMs: number;
  checkpoint: Position | undefined;
  readonly parked: Map<string, ParkedEntry>;
}
export type Consumers = Map<string, ConsumerEntry>;

const newConsumer = (): ConsumerEntry => ({
  owner: undefined,
  epoch: 0,
  leasedUntilMs: 0,
  checkpoint: undefined,
  parked: new Map(),
});

const holds = (entry: ConsumerEntry | undefined, lease: Lease): entry is ConsumerEntry =>
  entry !== undefined && entry.owner === lease.owner && entry.epoch === lease.epoch;

function changeParked(parked: Map<string, ParkedEntry>, change: ParkedChange): void {
  const entry = parked.get(change.key);
  if (change.change === 'release') parked.delete(change.key);
  else if (change.change === 'park')
    parked.set(change.key, {
      error: change.error,
      since: entry?.since ?? change.at,
      positions: [...(entry?.positions ?? []), ...change.positions],
      retry: false,
    });
  else if (entry !== undefined && change.change === 'append') entry.positions.push(...change.positions);
  else if (entry !== undefined && change.change === 'advance')
    entry.positions = entry.positions.filter((position) => position > change.through);
}

const byName = <T>(entries: Iterable<readonly [name: string, entry: T]>): readonly (readonly [string, T])[] =>
  [...entries].sort(([a], [b]) => compareText(a, b));

export const memoryConsumers = (consumers: Consumers, collections: Collections): ConsumerStore => ({
  async lease(consumer, owner, nowMs, ttlMs, inherits = false) {
    const entry = consumers.get(consumer) ?? newConsumer();
    consumers.set(consumer, entry);
    if (entry.owner !== owner) {
      if (!inherits && entry.owner !== undefined && entry.leasedUntilMs > nowMs) return undefined;
      entry.epoch += 1;
      entry.owner = owner;
    }
    entry.leasedUntilMs = nowMs + ttlMs;
    return { consumer, owner, epoch: entry.epoch, checkpoint: entry.checkpoint ?? 0n };
  },
  async release(lease) {
    const entry = consumers.get(lease.consumer);
    if (holds(entry, lease)) entry.owner = undefined;
  },
  async commit({ lease, writes, checkpoint, parked }) {
    if (writes.length > consumerStoreLimits.writesPerCommit)
      throw new RangeError('too many writes in one commit');
    const entry = consumers.get(lease.consumer);
    if (!holds(entry, lease)) return 'fenced';
    const { checkpoint: there = BEGINNING } = entry;
    if (there !== lease.checkpoint && there !== checkpoint) return 'fenced';
    putAll(collections, writes);
    for (const change of parked) changeParked(entry.parked, change);
    entry.checkpoint = checkpoint;
    return 'committed';
  },
  checkpoint: async (consumer) => consumers.get(consumer)?.checkpoint,
  all: async () =>
    byName(consumers).map(([consumer, { checkpoint, owner, leasedUntilMs }]) => ({
      consumer,
      checkpoint,
      owner,
      leasedUntilMs,
    })),
  async forget(consumer) {
    consumers.delete(consumer);
  },
  async parked(consumer) {
    const entries = byName(consumers).filter(([name]) => consumer === undefined || name === consumer);
    return entries.flatMap(([name, entry]) =>
      byName(entry.parked).map(([key, { error, since, positions, retry }]) => ({
        consumer: name,
        key,
        error,
        since,
        positions: positions.slice(0, consumerStoreLimits.parkedPositions),
        waiting: positions.length,
        retry,
      })),
    );
  },
  isParked: async (consumer, key) => consumers.get(consumer)?.parked.has(key) ?? false,
  async requestRetry(consumer, key) {
    const parked = [...(consumers.get(consumer)?.parked ?? [])];
    const meant = parked.filter(([name]) => key === undefined || name === key);
    for (const [, entry] of meant) entry.retry = true;
    return meant.length;
  },
});
