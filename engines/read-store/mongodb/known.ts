/** Of documents in each collection, and of collections. */
const KEPT = 10_000;
const COLLECTIONS = 32;

/** Where documents of a collection stand. */
export interface Known {
  readonly positions: ReadonlyMap<string, bigint>;
  /** What is not among them is not there. */
  readonly isAll: boolean;
}

interface Kept {
  /** Of the collection, behind the commit by which this became known. */
  readonly writes: bigint;
  readonly positions: Map<string, bigint>;
  isAll: boolean;
}

export const unknown: Known = { positions: new Map(), isAll: false };

/**
 * Where documents stand that this process has written lately, so that a commit need not ask for them first. A collection counts the
 * commits into it, within them: as long as the count is the one that was left behind, nobody else has written, and what is known
 * is all that there is to know.
 */
export function knownDocuments() {
  const collections = new Map<string, Kept>();
  return {
    /** @param writes how many commits have gone into the collection, as this one finds it */
    in(physical: string, writes: bigint): Known {
      const kept = collections.get(physical);
      if (kept?.writes === writes) return kept;
      return { ...unknown, isAll: writes === 0n };
    },
    /** @param before as it was found; @param stand where documents stand now that the commit has been done */
    learn(physical: string, before: bigint, stand: ReadonlyMap<string, bigint>): void {
      const known = this.in(physical, before);
      const kept = collections.get(physical);
      // Two commits may have been told of their ends in the other order.
      if (kept !== undefined && kept.writes > before) return;
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
      collections.set(physical, { writes: before + 1n, positions, isAll });
      for (const oldest of collections.keys()) {
        if (collections.size <= COLLECTIONS) break;
        collections.delete(oldest);
      }
    },
  };
}
export type KnownDocuments = ReturnType<typeof knownDocuments>;
