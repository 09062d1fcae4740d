import type { ConsumerStatus, Handler } from '#domain/kernel/ports/consumer.ts';
import { consumerLimits } from './limits.ts';

/** FNV-1a over UTF-16 units, 32 bits: stable for ever, because checkpoints depend on which part a key belongs to. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    hash ^= key.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

/** The names under which a handler's parts keep their checkpoints: its own when it is not divided. */
export function partsOf(handler: Pick<Handler, 'name' | 'partitions'>): readonly string[] {
  const { name, partitions = 1 } = handler;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > consumerLimits.partitions)
    throw new RangeError(`${name} has ${partitions} partitions, not 1 to ${consumerLimits.partitions}`);
  if (partitions === 1) return [name];
  return Array.from({ length: partitions }, (_, part) => `${name}#${part}`);
}

const gravity = ['live', 'catching-up', 'waiting-for-lease', 'stopped', 'newer-event'] as const;

/** The parts as one: as far as the last, as ill as the worst. */
export function statusOfParts(name: string, parts: readonly ConsumerStatus[]): ConsumerStatus {
  const [first, ...rest] = parts;
  if (first === undefined) throw new RangeError(`${name} has no parts`);
  return rest.reduce<ConsumerStatus>(
    (all, part) => ({
      name,
      state: gravity.indexOf(part.state) > gravity.indexOf(all.state) ? part.state : all.state,
      position: part.position < all.position ? part.position : all.position,
      parkedKeys: all.parkedKeys + part.parkedKeys,
      handled: all.handled + part.handled,
      held: [...all.held, ...part.held],
      problem: all.problem ?? part.problem,
    }),
    { ...first, name },
  );
}
