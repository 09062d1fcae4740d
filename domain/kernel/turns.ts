/** Work of many who share a thread: of each so much is done at once, and what is more waits for its turn. */
export interface Turns {
  /**
   * Resolves when it is the turn of this piece of work, in the order in which its owner's pieces came, with what ends it
   * (safe to repeat). Undefined, at once: as many of its owner wait as may.
   */
  take(owner: string): Promise<(() => void) | undefined>;
  /** Owners with anything at work or waiting. */
  owners(): number;
}

export interface TurnLimits {
  /** Pieces of one owner that are done at once. */
  readonly atWork: number;
  /** Pieces of one owner that may wait besides. */
  readonly waiting: number;
}

/** Calls back when the thread has looked at everything that came in by then. */
export type Afterwards = (work: () => void) => unknown;

interface Line {
  atWork: number;
  readonly waiting: (() => void)[];
}

/**
 * Turns by owner. Whoever sends more than their share waits for themselves: a refusal would be quicker, and so would its repeat,
 * until the thread does nothing but refuse, for everybody. One who waits costs nothing, and sends nothing meanwhile.
 *
 * A turn ends `afterwards`, when the thread has looked at what came in from others: work that need not wait for anything would
 * otherwise be done all at once, however many pieces of it there are.
 */
export function turns({ atWork: most, waiting: mostWaiting }: TurnLimits, afterwards: Afterwards): Turns {
  const lines = new Map<string, Line>();

  function handOn(owner: string, line: Line): void {
    const next = line.waiting.shift();
    // Whoever comes meanwhile does not overtake those who wait.
    if (next === undefined) line.atWork -= 1;
    else next();
    if (line.atWork === 0) lines.delete(owner);
  }

  function ending(owner: string, line: Line): () => void {
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      afterwards(() => handOn(owner, line));
    };
  }

  return {
    owners: () => lines.size,
    take(owner) {
      const line = lines.get(owner) ?? { atWork: 0, waiting: [] };
      lines.set(owner, line);
      if (line.atWork < most) {
        line.atWork += 1;
        return Promise.resolve(ending(owner, line));
      }
      if (line.waiting.length >= mostWaiting) return Promise.resolve(undefined);
      return new Promise((resolve) => line.waiting.push(() => resolve(ending(owner, line))));
    },
  };
}
