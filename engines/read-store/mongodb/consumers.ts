import type { ClientSession } from 'mongodb';
import {
  type ConsumerStore,
  consumerStoreLimits,
  type Lease,
  type ParkedKey,
} from '#domain/kernel/ports/consumer-store.ts';
import { changeParked, moveCheckpoint, writeDocuments } from './commit.ts';
import { type Connection, isDuplicate } from './connection.ts';
import { knownDocuments } from './known.ts';
import { type Owners, ownersIn } from './owners.ts';
import { passingTogether } from './passing.ts';
import type { ConsumerRow, Tables } from './rows.ts';

const leaseOf = ({ _id, owner, epoch, checkpoint }: ConsumerRow): Lease => ({
  consumer: _id,
  owner: owner ?? '',
  epoch: Number(epoch),
  checkpoint: checkpoint ?? 0n,
});

/** Renews what is ours, and takes what is free or past its time; done twice, the second time renews. */
async function lease(
  { consumers }: Tables,
  owners: Owners,
  [consumer, owner, nowMs, ttlMs, inherits = false]: Parameters<ConsumerStore['lease']>,
): Promise<Lease | undefined> {
  await owners.begin(owner);
  const until = nowMs + ttlMs;
  const renewed = await consumers.findOneAndUpdate(
    { _id: consumer, owner },
    { $set: { until } },
    { returnDocument: 'after' },
  );
  if (renewed !== null) return leaseOf(renewed);
  const there = await consumers.findOne({ _id: consumer });
  if (there !== null && there.owner !== null) {
    if (!inherits && Number(there.until) > nowMs) return undefined;
    await owners.end(there.owner);
  }
  // Of one that is inherited, what was just found.
  const late = inherits ? { owner: there?.owner ?? null } : { until: { $lte: nowMs } };
  try {
    const taken = await consumers.findOneAndUpdate(
      { _id: consumer, $or: [{ owner: null }, late] },
      { $set: { owner, until }, $inc: { epoch: 1 } },
      { upsert: true, returnDocument: 'after' },
    );
    return taken === null ? undefined : leaseOf(taken);
  } catch (error) {
    // It is there, and neither free nor late.
    if (isDuplicate(error)) return undefined;
    throw error;
  }
}

/** Each key that waits, with the first of its events. */
async function parkedKeys(
  { parked, waiting }: Tables,
  consumer: string | undefined,
  session: ClientSession,
): Promise<readonly ParkedKey[]> {
  const rows = await parked
    .find(consumer === undefined ? {} : { consumer }, { session })
    .sort({ consumer: 1, key: 1 })
    .toArray();
  const keys: ParkedKey[] = [];
  for (const row of rows) {
    const of = { consumer: row.consumer, key: row.key };
    const first = await waiting
      .find(of, { session })
      .sort({ position: 1 })
      .limit(consumerStoreLimits.parkedPositions)
      .toArray();
    keys.push({
      ...of,
      error: row.error,
      since: row.since,
      positions: first.map(({ position }) => position),
      waiting: await waiting.countDocuments(of, { session }),
      retry: row.retry,
    });
  }
  return keys;
}

/** Leases, checkpoints and parked keys, and the commits by which documents are written: one transaction each. */
export function mongoConsumers(
  connection: Connection,
  tables: Tables,
  tell?: (what: string) => void,
): ConsumerStore {
  const { db, ask, write, transaction, moment } = connection;
  const { consumers, parked, waiting } = tables;
  const owners = ownersIn(db, tables, tell);
  const passOver = passingTogether(tables);
  const known = knownDocuments();
  return {
    lease: (...asked) => write(() => lease(tables, owners, asked)),
    release: async ({ consumer, owner, epoch }) => {
      // One that is not released runs out; a stop does not wait for a server that is away.
      await ask(() => consumers.updateOne({ _id: consumer, owner, epoch }, { $set: { owner: null } }));
    },
    async commit({ lease, writes, checkpoint, parked: changes }) {
      if (writes.length > consumerStoreLimits.writesPerCommit)
        throw new RangeError('too many writes in one commit');
      // So it is with most events in most consumers.
      if (writes.length === 0 && changes.length === 0)
        return (await write(() => passOver(lease, checkpoint))) ? 'committed' : 'fenced';
      let tries = 0;
      let learn: (() => void) | undefined;
      const work = async (session: ClientSession) => {
        tries += 1;
        learn = undefined;
        if (!(await moveCheckpoint(tables, lease, checkpoint, session))) return 'fenced';
        learn = await writeDocuments(db, tables, known, { writes, isAgain: tries > 1 }, session);
        for (const change of changes) await changeParked(tables, lease.consumer, change, session);
        return 'committed';
      };
      const outcome = await transaction(work, (session) => owners.commitsIn(lease.owner, session));
      learn?.();
      return outcome;
    },
    checkpoint: (consumer) => ask(async () => (await consumers.findOne({ _id: consumer }))?.checkpoint),
    all: () =>
      ask(async () =>
        (await consumers.find().sort({ _id: 1 }).toArray()).map(({ _id, checkpoint, owner, until }) => ({
          consumer: _id,
          checkpoint,
          owner: owner ?? undefined,
          leasedUntilMs: Number(until),
        })),
      ),
    forget: (consumer) =>
      transaction(async (session) => {
        await consumers.deleteOne({ _id: consumer }, { session });
        await parked.deleteMany({ consumer }, { session });
        await waiting.deleteMany({ consumer }, { session });
      }),
    parked: (consumer) => moment((session) => parkedKeys(tables, consumer, session)),
    isParked: (consumer, key) => ask(async () => (await parked.findOne({ consumer, key })) !== null),
    requestRetry: (consumer, key) =>
      write(async () => {
        const meant = { consumer, ...(key !== undefined && { key }) };
        return (await parked.updateMany(meant, { $set: { retry: true } })).matchedCount;
      }),
  };
}
