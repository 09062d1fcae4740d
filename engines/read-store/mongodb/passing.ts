import type { Lease } from '#domain/kernel/ports/consumer-store.ts';
import { moveCheckpoint, movingOf } from './commit.ts';
import type { Tables } from './rows.ts';

/** So many checkpoints travel together at most. */
const MOST = 1_000;
/** What takes longer than this, in milliseconds, holds up nobody but those who travel with it: the next ones set out beside it. */
const PATIENCE_MS = 1_000;

interface Waiting {
  readonly lease: Lease;
  readonly checkpoint: bigint;
  resolve(isMoved: boolean): void;
  reject(error: unknown): void;
}

/**
 * Lets checkpoints that move alone travel together. Every event moves those of all consumers that it does not concern, and a round
 * trip for each of them is most of what a platform at rest asks of its database. All that is asked for in one turn of the event loop
 * shares one unordered write, and so does what is asked for while one is on its way. Whoever waits keeps their own deadline, and
 * tries again by themselves.
 */
export function passingTogether(tables: Pick<Tables, 'consumers'>) {
  let waiting: Waiting[] = [];
  let underWay: object | undefined;
  let isMeant = false;

  /** How many have moved is all that the server tells of many: where somebody is fenced off, each asks for themselves. */
  async function move(group: readonly Waiting[]): Promise<void> {
    const [only] = group;
    if (only === undefined) return;
    if (group.length > 1 && (await haveAllMoved(group))) {
      for (const { resolve } of group) resolve(true);
      return;
    }
    await Promise.all(
      group.map(({ lease, checkpoint, resolve, reject }) =>
        moveCheckpoint(tables, lease, checkpoint).then(resolve, reject),
      ),
    );
  }

  async function haveAllMoved(group: readonly Waiting[]): Promise<boolean> {
    const updates = group.map(({ lease, checkpoint }) => ({ updateOne: movingOf(lease, checkpoint) }));
    const { matchedCount } = await tables.consumers.bulkWrite(updates, { ordered: false });
    return matchedCount === group.length;
  }

  function setOut(): void {
    isMeant = false;
    const group = waiting.slice(0, MOST);
    waiting = waiting.slice(MOST);
    const mine = {};
    underWay = mine;
    const next = (): void => {
      clearTimeout(patience);
      if (underWay !== mine) return;
      underWay = undefined;
      if (waiting.length > 0) setOut();
    };
    const patience = setTimeout(next, PATIENCE_MS);
    void move(group)
      .catch((error: unknown) => {
        for (const { reject } of group) reject(error);
      })
      .finally(next);
  }

  return (lease: Lease, checkpoint: bigint): Promise<boolean> => {
    if (underWay === undefined && !isMeant) {
      isMeant = true;
      setImmediate(setOut);
    }
    return new Promise((resolve, reject) => waiting.push({ lease, checkpoint, resolve, reject }));
  };
}
