import type { Instant } from '../instant.ts';

/** Where time comes from. Simulated in the demo and in simulations; nothing else may read a clock. */
export interface Clock {
  now(): Instant;
  /** Calls back once at or after `moment`; the result cancels. Never early. */
  at(moment: Instant, due: () => void): () => void;
}

/** Fresh UUIDv7s. */
export type NewId = () => string;

/** At least 0, below 1: for jitter only. */
export type Random = () => number;

/** So many bytes that nobody can guess: for secrets, salts and challenges. */
export type RandomBytes = (count: number) => Uint8Array<ArrayBuffer>;
