import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/** Ten milliseconds and a look each: a minute at least, for a machine that is slow or that others work on too. */
const TRIES = 6_000;

type Seen<T> = T | undefined | false;

/**
 * Looks again and again until it is so; what was seen then.
 *
 * @param what is waited for; or what tells that, and more, once it was in vain
 */
export async function until<T>(
  look: () => Seen<T> | Promise<Seen<T>>,
  what: string | (() => string),
): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await pause(10);
  }
  return assert.fail(`in vain: ${typeof what === 'string' ? what : what()}`);
}
