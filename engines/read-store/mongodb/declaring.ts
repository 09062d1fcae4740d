import { type Db, ObjectId } from 'mongodb';
import type { CollectionSpec } from '#domain/kernel/ports/document-store.ts';
import { isDuplicate } from './connection.ts';
import { type Collection, collectionFrom, collectionOf, fieldOf } from './declared.ts';
import { type DocumentRow, documentOf, rowOf, type Tables } from './rows.ts';

export const documentsOf = (db: Db, { physical }: Pick<Collection, 'physical'>) =>
  db.collection<DocumentRow>(physical);

/** Of documents at once, read or written: a second or so on a slow server. */
export const BATCH = 1_000;
export const PREFIX = 'documents_';
/** The declared paths at which these rows have an array. */
export const arraysIn = (rows: readonly DocumentRow[], { paths }: Collection): readonly string[] =>
  paths.filter((_, at) => rows.some(({ a }) => a?.[`f${at}`] !== undefined)).map(({ path }) => path);

/** An empty one under a fresh name, with its indexes: none has to be built over documents. */
async function create(db: Db, spec: CollectionSpec): Promise<Collection> {
  const collection = collectionFrom(spec, `${PREFIX}${new ObjectId().toHexString()}`, []);
  const field = (path: string) => fieldOf(collection, path);
  const keys: Record<string, 1>[] = spec.indexes.map(({ fields }) => ({
    ...Object.fromEntries(fields.map(({ path }) => [`s.${field(path)}`, 1 as const])),
    _id: 1,
  }));
  const distinct = new Map(keys.map((key) => [Object.keys(key).join(), { key }]));
  const sparse = [
    ...collection.paths.map(({ path }) => `a.${field(path)}`),
    ...(spec.text.length > 0 ? ['w'] : []),
  ];
  await db.createCollection(collection.physical);
  const indexes = [
    ...distinct.values(),
    ...sparse.map((name) => ({ key: { [name]: 1 as const }, sparse: true })),
  ];
  if (indexes.length > 0) await documentsOf(db, collection).createIndexes(indexes);
  return collection;
}

async function copy(db: Db, from: Collection, to: Collection): Promise<readonly string[]> {
  const arrays = new Set<string>();
  let after: string | undefined;
  for (;;) {
    const behind = after === undefined ? {} : { _id: { $gt: after } };
    const found = await documentsOf(db, from)
      .find(behind)
      .sort({ _id: 1 })
      .limit(BATCH)
      .batchSize(BATCH)
      .toArray();
    if (found.length === 0) return [...arrays];
    const rows = found.map((row) => rowOf(documentOf(row), to));
    for (const path of arraysIn(rows, to)) arrays.add(path);
    await documentsOf(db, to).insertMany(rows);
    after = found.at(-1)?._id;
  }
}

/** Once; true when the name leads to what was asked for. */
export async function declareOnce(
  db: Db,
  { collections }: Tables,
  spec: CollectionSpec,
  text: string,
): Promise<boolean> {
  const there = await collections.findOne({ _id: spec.name });
  if (there?.spec === text) return true;
  const fresh = await create(db, spec);
  const { physical } = fresh;
  if (there === null) {
    try {
      await collections.insertOne({ _id: spec.name, physical, spec: text, arrays: [], writes: 0 });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      await documentsOf(db, fresh).drop();
      return false;
    }
    return true;
  }
  const arrays = await copy(db, collectionOf(there), fresh);
  const { matchedCount } = await collections.updateOne(
    { _id: spec.name, physical: there.physical, writes: there.writes },
    // Not none: there are documents in it.
    { $set: { physical, spec: text, arrays, writes: 1 } },
  );
  // Somebody has written to it, or declared it, meanwhile; what was copied is not all.
  await documentsOf(db, matchedCount === 1 ? there : fresh).drop();
  return matchedCount === 1;
}
