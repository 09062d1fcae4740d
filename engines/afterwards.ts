import { performance } from 'node:perf_hooks';
import type { Afterwards } from '#runtime/turns.ts';

// The loop of this thread, of which there is one.

/**
 * Connections that may arrive between two turns. With fewer (32 were too few for 1,800 peers that come again and again) the queue of
 * those that wait to be accepted overflows behind long turns, and whoever finds no room in it is tried again by its own system
 * a second later.
 */
const ARRIVALS = 128;
/** For how long they may, in milliseconds: where others work on the machine too, a look that takes a tenth of one may take many. */
const MOST_MS = 25;

let due: (() => void)[] = [];
let hasArrived = false;
let looks = 0;
/** When the first of what is due began to wait. */
let since = 0;

/** To be told of each new connection. */
export function arrived(): void {
  hasArrived = true;
}

function mayMoreArrive(): boolean {
  return hasArrived && looks < ARRIVALS && performance.now() - since < MOST_MS;
}

function look(): void {
  if (mayMoreArrive()) {
    hasArrived = false;
    looks += 1;
    setImmediate(look);
    return;
  }
  looks = 0;
  const now = due;
  due = [];
  for (const work of now) work();
}

/**
 * Behind everything that has come in by then: the event loop looks at its connections between two of these. It takes *one* new
 * connection in each look, however many wait: while they arrive, it looks again, for a bounded time. A quiet peer would
 * otherwise wait for as many turns as others have arrived before.
 */
export const afterwards: Afterwards = (work) => {
  due.push(work);
  if (due.length > 1) return;
  since = performance.now();
  setImmediate(look);
};
