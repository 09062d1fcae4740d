import { ObjectId } from 'mongodb';
import { type CollectionSpec, NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { validCollection } from '../collection.ts';
import type { Connection } from './connection.ts';
import { type Collection, collectionOf } from './declared.ts';
import { declareOnce, documentsOf, PREFIX } from './declaring.ts';
import type { Tables } from './rows.ts';

/** Copying the documents of a collection that is declared otherwise, or removing them. */
export const WHOLE_MS = 300_000;
/** What no name leads to for so long was left by a process that died while it declared or dropped. */
const ORPHAN_MS = 3_600_000;
const TRIES = 5;

/** The collections of a database, by name. */
export function collectionsIn({ db, ask, write }: Connection, tables: Tables) {
  const { collections } = tables;
  /** As they were when they were last looked up. */
  const known = new Map<string, Collection>();

  async function lookUp(name: string): Promise<Collection> {
    const row = await collections.findOne({ _id: name });
    if (row === null) {
      known.delete(name);
      throw new NoSuchCollectionError(name);
    }
    const collection = collectionOf(row);
    known.set(name, collection);
    return collection;
  }

  const isSame = (a: Collection, b: Collection): boolean =>
    a.physical === b.physical && a.arrays.size === b.arrays.size;

  async function drop(name: string): Promise<void> {
    const there = await collections.findOne({ _id: name });
    known.delete(name);
    if (there === null) return;
    // The name first: what it leads to is never found half gone.
    await collections.deleteOne({ _id: name, physical: there.physical });
    await documentsOf(db, there).drop();
  }

  return {
    async declare(given: CollectionSpec): Promise<void> {
      const spec = validCollection(given);
      const text = JSON.stringify(spec);
      for (let tries = 0; tries < TRIES; tries += 1)
        if (await write(() => declareOnce(db, tables, spec, text), WHOLE_MS)) return;
      throw new ReadStoreError(`${spec.name} is written while it is declared otherwise`);
    },
    drop: (name: string): Promise<void> => write(() => drop(name), WHOLE_MS),
    async dropAll(): Promise<void> {
      const names = await ask(() => collections.distinct('_id'));
      for (const name of names) await write(() => drop(name), WHOLE_MS);
    },
    /**
     * Looks the name up behind what was read: from a collection that was dropped meanwhile nothing is read, and no error tells
     * of it.
     *
     * @throws NoSuchCollectionError
     */
    async reading<T>(name: string, work: (collection: Collection) => Promise<T>): Promise<T> {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const collection = known.get(name) ?? (await lookUp(name));
        const result = await work(collection);
        if (isSame(collection, await lookUp(name))) return result;
      }
      throw new ReadStoreError(`${name} is declared again and again`);
    },
    /** Removes what processes that died have left. */
    async sweep(): Promise<void> {
      const names = await db.listCollections({}, { nameOnly: true }).toArray();
      const live = new Set(await collections.distinct('physical'));
      for (const { name } of names) {
        const id = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
        if (live.has(name) || !ObjectId.isValid(id)) continue;
        if (new ObjectId(id).getTimestamp().getTime() < Date.now() - ORPHAN_MS) await db.dropCollection(name);
      }
    },
  };
}
export type Collections = ReturnType<typeof collectionsIn>;
