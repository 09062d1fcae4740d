import { randomBytes } from 'node:crypto';
import type { Random, RandomBytes } from '#domain/kernel/ports/facts.ts';

/** For jitter only; nothing secret hangs on it. */
export const systemRandom: Random = () => Math.random();

/** 256 bits that nobody can guess, as text: for keys that are made up at a start. */
export const freshSecret = (): string => randomBytes(32).toString('base64url');

/** From the operating system. */
export const systemRandomBytes: RandomBytes = (count) => new Uint8Array(randomBytes(count));
