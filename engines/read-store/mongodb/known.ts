/** Of documents in each collection, and of collections. */
const KEPT = 10_000;
const COLLECTIONS = 32;

/** Where documents of a collection stand. */
export interface Known {
  readonly positions: ReadonlyMap<string, bigint>;
  /** What is not among them is not there. */
  readonly isAll: boolean;
}

/** How a commit finds a collection: how many there were before it, and the mark that the last one has left. */
export interface Found {
  readonly writes: bigint;
  readonly mark: string | undefined;
}

interface Kept {
  /** Of the collection, behind the commit by which this became known. */
  readonly writes: bigint;
  readonly mark: string;
  readonly positions: Map<string, bigint>;
  isAll: boolean;
}

export const unknown: Known = { positions: new Map(), isAll: false };

/**
 * Where documents stand that this process has written lately, so that a commit need not ask for them first. A collection counts the
 * commits into it, within them, and each leaves a mark: as long as both are the ones that were left behind, nobody else has written,
 * nor was the database put back to an earlier moment, and what is known is all that there is to know.
 */
export function knownDocuments() {
  const collections = new Map<string, Kept>();
  return {
    in(physical: string, { writes, mark }: Found): Known {
      const kept = collections.get(physical);
      // One that does not leave marks yet counts all the same.
      if (kept?.writes === writes && kept.mark === mark) return kept;
      return { ...unknown, isAll: writes === 0n };
    },
    /** @param mark that the commit has left; @param stand where documents stand now that it has been done */
    learn(physical: string, before: Found, mark: string, stand: ReadonlyMap<string, bigint>): void {
      const known = this.in(physical, before);
      const kept = collections.get(physical);
      // Two commits may have been told of their ends in the other order.
      if (kept !== undefined && kept.writes > before.writes) return;
      const positions = known === kept ? kept.positions : new Map<string, bigint>();
      for (const [id, position] of stand) {
        positions.delete(id);
        positions.set(id, position);
      }
      let { isAll } = known;
      for (const id of positions.keys()) {
        if (positions.size <= KEPT) break;
        positions.delete(id);
        isAll = false;
      }
      collections.delete(physical);
      collections.set(physical, { writes: before.writes + 1n, mark, positions, isAll });
      for (const oldest of collections.keys()) {
        if (collections.size <= COLLECTIONS) break;
        collections.delete(oldest);
      }
    },
  };
}
export type KnownDocuments = ReturnType<typeof knownDocuments>;
