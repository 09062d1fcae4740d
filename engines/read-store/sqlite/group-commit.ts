import type { FlatCommit } from './wire.ts';

type Outcome = 'committed' | 'fenced';

interface Waiting {
  readonly commit: FlatCommit;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

export interface GroupCommit {
  commit(commit: FlatCommit): Promise<Outcome>;
  /** Writes what waits, at once. */
  flush(): void;
}

/**
 * While commits keep coming, a group closes this long after the one before, in milliseconds: consumers meanwhile gather
 * larger batches. The first commit after a rest is written at once, so that views of a quiet platform do not lag.
 */
const BETWEEN_GROUPS_MS = 8;
/** So many share a transaction at most: it holds up readers of this connection, and other writers. */
const COMMITS_PER_GROUP = 64;

/**
 * Lets the commits of one turn of the event loop share a transaction. Every consumer of a process is woken by the same
 * batch of the feed, and a transaction each would cost more than all their writes. `apply` does one commit inside the
 * transaction that `transaction` opens; one that throws is repeated alone, so that it fails nobody else.
 */
export function groupCommit(
  transaction: <T>(work: () => T) => T,
  apply: (commit: FlatCommit) => Outcome,
): GroupCommit {
  let waiting: Waiting[] = [];
  let flushedAt = 0;
  let cancel: (() => void) | undefined;

  function schedule(): () => void {
    const restMs = flushedAt + BETWEEN_GROUPS_MS - performance.now();
    if (restMs > 0) {
      const timer = setTimeout(flush, restMs);
      return () => clearTimeout(timer);
    }
    const soon = setImmediate(flush);
    return () => clearImmediate(soon);
  }

  function alone({ commit, resolve, reject }: Waiting): void {
    try {
      resolve(transaction(() => apply(commit)));
    } catch (error) {
      reject(error);
    }
  }

  function together(group: readonly Waiting[]): void {
    let outcomes: readonly Outcome[];
    try {
      outcomes = transaction(() => group.map(({ commit }) => apply(commit)));
    } catch {
      // Nothing of the group was written. Whose fault it was shows when each is tried by itself.
      for (const each of group) alone(each);
      return;
    }
    for (const [at, { resolve }] of group.entries()) resolve(outcomes[at] ?? 'fenced');
  }

  function flush(): void {
    cancel?.();
    cancel = undefined;
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += COMMITS_PER_GROUP)
      together(all.slice(from, from + COMMITS_PER_GROUP));
    flushedAt = performance.now();
  }

  return {
    commit(commit) {
      cancel ??= schedule();
      return new Promise((resolve, reject) => waiting.push({ commit, resolve, reject }));
    },
    flush,
  };
}
