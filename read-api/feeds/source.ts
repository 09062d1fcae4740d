import type { Position } from '#domain/kernel/envelope.ts';

/** An item of a feed stands for the interval `(after, position]`; each begins where the one before it ended. */
export interface Interval {
  readonly after: Position;
  readonly position: Position;
}

/** Where a feed's items come from. It holds at most one item, or one page of the history, for its reader. */
export interface Source<Item extends Interval> {
  /** The next item; undefined at the end. Called again only when it has answered. */
  next(): Promise<Item | undefined>;
  /** Ends it: a `next` that waits answers at once. Safe to repeat. */
  close(): void;
}
