import { type ClientSession, type Collection, type Db, ObjectId } from 'mongodb';
import { BEGINNING } from '#domain/kernel/envelope.ts';
import type { Lease, ParkedChange } from '#domain/kernel/ports/consumer-store.ts';
import { type DocumentWrite, NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { unreachable } from '#domain/kernel/unreachable.ts';
import { collectionOf } from './declared.ts';
import { arraysIn, BATCH, documentsOf } from './declaring.ts';
import { type Known, type KnownDocuments, unknown } from './known.ts';
import { type DocumentRow, rowOf, type Tables } from './rows.ts';

// The parts of a commit's transaction. Each bears being done twice.

/**
 * What moves a checkpoint from where its owner knows it, or is found to have done so. It matches nothing where another owner has
 * come since, it is forgotten, or what is stored was put back to an earlier moment: what was committed in between would be
 * missing behind it.
 */
export const movingOf = ({ consumer, owner, epoch, checkpoint: from }: Lease, checkpoint: bigint) => {
  const there = { checkpoint: { $in: [from, checkpoint] } };
  const where = from === BEGINNING ? { $or: [there, { checkpoint: { $exists: false } }] } : there;
  return { filter: { _id: consumer, owner, epoch, ...where }, update: { $set: { checkpoint } } };
};

/**
 * False: fenced off.
 *
 * @param session where something is written beside it; else one document is whole without a transaction, and a move that was given up for
 *   late may still be done, behind the next: it finds then that the checkpoint stands elsewhere
 */
export async function moveCheckpoint(
  { consumers }: Pick<Tables, 'consumers'>,
  lease: Lease,
  checkpoint: bigint,
  session?: ClientSession,
): Promise<boolean> {
  const { filter, update } = movingOf(lease, checkpoint);
  const { matchedCount } = await consumers.updateOne(filter, update, session && { session });
  return matchedCount === 1;
}

/** The last of each document: an earlier one of the same commit leaves nothing. */
function lastOfEach(rows: readonly DocumentRow[]): readonly DocumentRow[] {
  const last = new Map<string, DocumentRow>();
  for (const row of rows) {
    const there = last.get(row._id);
    if (there === undefined || there.position < row.position) last.set(row._id, row);
  }
  return [...last.values()];
}

/**
 * Writes what is newer than what is there. Nobody else writes here until the transaction has ended, so that looking first is
 * safe, and inserting many at once is many times as fast as asking the server to compare each. Answers where documents stand then.
 */
async function writeBatch(
  documents: Collection<DocumentRow>,
  rows: readonly DocumentRow[],
  known: Known,
  session: ClientSession,
): Promise<ReadonlyMap<string, bigint>> {
  const there = await positionsOf(documents, rows, known, session);
  const fresh = rows.filter(({ _id }) => !there.has(_id));
  if (fresh.length > 0) await documents.insertMany(fresh, { session });
  const newer = rows.filter(({ _id, position }) => position > (there.get(_id) ?? position));
  const replacements = newer.map((row) => ({ replaceOne: { filter: { _id: row._id }, replacement: row } }));
  if (replacements.length > 0) await documents.bulkWrite(replacements, { session });
  return new Map([...there, ...[...fresh, ...newer].map(({ _id, position }) => [_id, position] as const)]);
}

/** Asks for those alone of which it is not known. */
async function positionsOf(
  documents: Collection<DocumentRow>,
  rows: readonly DocumentRow[],
  { positions, isAll }: Known,
  session: ClientSession,
): Promise<ReadonlyMap<string, bigint>> {
  const ids = rows.map(({ _id }) => _id);
  const there = new Map<string, bigint>();
  for (const id of ids) {
    const position = positions.get(id);
    if (position !== undefined) there.set(id, position);
  }
  const asked = isAll ? [] : ids.filter((id) => !there.has(id));
  if (asked.length === 0) return there;
  const found = await documents
    .find({ _id: { $in: asked } }, { projection: { position: 1 }, session })
    .batchSize(BATCH)
    .toArray();
  for (const { _id, position } of found) there.set(_id, position);
  return there;
}

/**
 * Answers what is to be called once the transaction has been committed.
 *
 * @param isAgain it may have been done before, so that whatever is known is asked
 * @throws NoSuchCollectionError
 */
export async function writeDocuments(
  db: Db,
  { collections }: Tables,
  known: KnownDocuments,
  { writes, isAgain }: { readonly writes: readonly DocumentWrite[]; readonly isAgain: boolean },
  session: ClientSession,
): Promise<() => void> {
  const learnt: (() => void)[] = [];
  for (const [name, ofOne] of Map.groupBy(writes, ({ collection }) => collection)) {
    // It meets whoever drops the collection or declares it otherwise: one of the two is done again.
    const mark = new ObjectId();
    const counted = { $inc: { writes: 1 }, $set: { mark } };
    const there = await collections.findOneAndUpdate({ _id: name }, counted, { session });
    if (there === null) throw new NoSuchCollectionError(name);
    const collection = collectionOf(there);
    const { physical } = collection;
    const before = { writes: BigInt(there.writes), mark: there.mark?.toHexString() };
    const knownHere = isAgain ? unknown : known.in(physical, before);
    const rows = lastOfEach(ofOne.map((write) => rowOf(write, collection)));
    const stand = new Map<string, bigint>();
    for (let at = 0; at < rows.length; at += BATCH) {
      const batch = rows.slice(at, at + BATCH);
      for (const [id, position] of await writeBatch(documentsOf(db, collection), batch, knownHere, session))
        stand.set(id, position);
    }
    learnt.push(() => known.learn(physical, before, mark.toHexString(), stand));
    const arrays = arraysIn(rows, collection).filter((path) => !collection.arrays.has(path));
    if (arrays.length > 0)
      await collections.updateOne({ _id: name }, { $addToSet: { arrays: { $each: arrays } } }, { session });
  }
  return () => {
    for (const learn of learnt) learn();
  };
}

export async function changeParked(
  { parked, waiting }: Tables,
  consumer: string,
  change: ParkedChange,
  session: ClientSession,
): Promise<void> {
  const { key } = change;
  const meant = { consumer, key };
  const append = async (given: readonly bigint[]): Promise<void> => {
    const positions = [...new Set(given)];
    if (positions.length === 0) return;
    // Done twice, it is there once.
    await waiting.deleteMany({ ...meant, position: { $in: positions } }, { session });
    const rows = positions.map((position) => ({ _id: new ObjectId(), ...meant, position }));
    await waiting.insertMany(rows, { session });
  };
  switch (change.change) {
    case 'park': {
      const { error, at: since } = change;
      const update = { $set: { error, retry: false }, $setOnInsert: { ...meant, since } };
      await parked.updateOne(meant, update, { session, upsert: true });
      return append(change.positions);
    }
    case 'append':
      return append(change.positions);
    case 'advance':
      await waiting.deleteMany({ ...meant, position: { $lte: change.through } }, { session });
      return;
    case 'release':
      await parked.deleteOne(meant, { session });
      await waiting.deleteMany(meant, { session });
      return;
    default:
      unreachable(change);
  }
}
