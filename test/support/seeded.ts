import { v7 } from 'uuid';
import { millisecondsOf } from '#domain/kernel/instant.ts';
import type { Clock, NewId, Random, RandomBytes } from '#domain/kernel/ports/facts.ts';

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** UUIDv7s that are the same for the same seed and the same course of time. */
export function seededIds(clock: Pick<Clock, 'now'>, seed: number): NewId {
  const random = seededRandom(seed);
  let sequence = 0;
  return () => {
    sequence += 1;
    const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
    return v7({ msecs: millisecondsOf(clock.now()), seq: sequence, random: bytes });
  };
}

/** Bytes that are the same for the same seed. */
export function seededBytes(seed: number): RandomBytes {
  const random = seededRandom(seed);
  return (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}
