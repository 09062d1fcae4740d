import type { Random } from '#domain/kernel/ports/facts.ts';
import { seededRandom } from '../support/seeded.ts';

/** Choices that are the same for the same seed. */
export interface Chance {
  /** True in so many of a hundred. */
  percent(share: number): boolean;
  /** A whole number from 0 to below. */
  below(end: number): number;
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  /** Choices of their own, made by one of these: what is chosen there does not move what is chosen here. */
  fork(): Chance;
}

export function chance(seed: number, number: number): Chance {
  // Neighbouring cases begin far apart.
  const random: Random = seededRandom(Math.imul(seed ^ Math.imul(number + 1, 0x9e3779b1), 0x85ebca6b));
  const below = (end: number): number => Math.floor(random() * end);
  return {
    percent: (share) => random() * 100 < share,
    below,
    between: (from, to) => from + below(to - from + 1),
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    fork: () => chance(below(0x7fff_ffff), below(0x7fff_ffff)),
  };
}
