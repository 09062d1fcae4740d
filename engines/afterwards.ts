import { performance } from 'node:perf_hooks';
import type { Afterwards } from '#domain/kernel/turns.ts';

// The loop of this thread, of which there is one.

/** Connections that may arrive between two turns. */
const ARRIVALS = 128;
/**
 * For how long they may, at least and at most: for as long as the turn before took, in milliseconds. So a crowd that only comes has
 * half of the thread. With less, the queue of those that wait to be accepted overflows behind long turns, and whoever finds no
 * room in it is tried again by its own system a second later. Counted alone they would be too many for a machine with others on
 * it, where a look that takes a tenth of a millisecond takes many.
 */
const LEAST_MS = 2;
const MOST_MS = 25;

let due: (() => void)[] = [];
let hasArrived = false;
let looks = 0;
/** When the first of what is due began to wait. */
let since = 0;
/** How long the turn before took. */
let turnMs = 0;

/** To be told of each new connection. */
export function arrived(): void {
  hasArrived = true;
}

function mayMoreArrive(): boolean {
  if (!hasArrived || looks >= ARRIVALS) return false;
  return performance.now() - since < Math.min(MOST_MS, Math.max(LEAST_MS, turnMs));
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
  const began = performance.now();
  for (const work of now) work();
  turnMs = performance.now() - began;
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
