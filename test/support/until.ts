import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

type Seen<T> = T | undefined | false;

/** Looks again and again until it is so; what was seen then. */
export async function until<T>(look: () => Seen<T> | Promise<Seen<T>>, what: string): Promise<T> {
  for (let tries = 0; tries < 2_000; tries++) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await pause(10);
  }
  return assert.fail(`in vain: ${what}`);
}
