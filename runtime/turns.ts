/** Work of many who share a thread: of each so much is done at once, and what is more waits for its turn. */
export interface Turns {
  /**
   * Resolves when it is the turn of this piece of work, in the order in which its owner's pieces came, with what ends it
   * (safe to repeat). Undefined, at once: as many of its owner wait as may. A heavy piece takes more places than one; one that
   * would take more than there are is done alone.
   */
  take(owner: string, places?: number): Promise<(() => void) | undefined>;
  /** Owners with anything at work or waiting. */
  owners(): number;
}

export interface TurnLimits {
  /** Places of one owner: so many pieces are done at once, or fewer heavy ones. */
  readonly atWork: number;
  /** Pieces of one owner that may wait besides. */
  readonly waiting: number;
}

/** Calls back when the thread has looked at everything that came in by then. */
export type Afterwards = (work: () => void) => unknown;

interface Waiting {
  readonly places: number;
  readonly begin: () => void;
}

interface Line {
  /** Places taken. */
  atWork: number;
  readonly waiting: Waiting[];
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

  const fits = (line: Line, places: number): boolean => line.atWork + places <= most;

  function handOn(owner: string, line: Line, places: number): void {
    line.atWork -= places;
    for (let next = line.waiting[0]; next && fits(line, next.places); next = line.waiting[0]) {
      line.waiting.shift();
      line.atWork += next.places;
      next.begin();
    }
    if (line.atWork === 0) lines.delete(owner);
  }

  function ending(owner: string, line: Line, places: number): () => void {
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      afterwards(() => handOn(owner, line, places));
    };
  }

  return {
    owners: () => lines.size,
    take(owner, asked = 1) {
      const places = Math.min(asked, most);
      const line = lines.get(owner) ?? { atWork: 0, waiting: [] };
      lines.set(owner, line);
      // Whoever comes does not overtake those who wait.
      if (line.waiting.length === 0 && fits(line, places)) {
        line.atWork += places;
        return Promise.resolve(ending(owner, line, places));
      }
      if (line.waiting.length >= mostWaiting) return Promise.resolve(undefined);
      return new Promise((resolve) =>
        line.waiting.push({ places, begin: () => resolve(ending(owner, line, places)) }),
      );
    },
  };
}
