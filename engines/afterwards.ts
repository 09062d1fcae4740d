import type { Afterwards } from '#domain/kernel/turns.ts';

// The loop of this thread, of which there is one.

/**
 * Connections that may arrive between two turns. Each costs a tenth of a millisecond, so that a crowd that only comes has half of the
 * thread. With fewer (32 were too few for 1,800 peers that come again and again) the queue of those that wait to be accepted
 * overflows behind a turn of long slices, and whoever finds no room in it is tried again by its own system a second later.
 */
const ARRIVALS = 128;

let due: (() => void)[] = [];
let hasArrived = false;
let looks = 0;

/** To be told of each new connection. */
export function arrived(): void {
  hasArrived = true;
}

function look(): void {
  if (hasArrived && looks < ARRIVALS) {
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
 * connection in each look, however many wait: while they arrive, it looks again, a bounded number of times. A quiet peer would
 * otherwise wait for as many turns as others have arrived before.
 */
export const afterwards: Afterwards = (work) => {
  due.push(work);
  if (due.length === 1) setImmediate(look);
};
