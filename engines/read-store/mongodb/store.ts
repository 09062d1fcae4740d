import { randomUUID } from 'node:crypto';
import type { OneMoment, ReadStore } from '#domain/kernel/ports/read-store.ts';
import { addressProblem, type MongoAddress } from './client.ts';
import { type Collections, collectionsIn, WHOLE_MS } from './collections.ts';
import { type Connection, connectTo } from './connection.ts';
import { mongoConsumers } from './consumers.ts';
import { mongoDocuments, scanOf } from './documents.ts';
import { sweepOwners } from './owners.ts';
import { type Tables, tablesIn } from './rows.ts';
import { mongoSettings } from './settings.ts';
import { mongoSnapshots } from './snapshots.ts';

export { addressProblem };

export interface MongoReadStore extends ReadStore {
  /** Removes the database with all that is in it. */
  destroy(): Promise<void>;
}

/**
 * Read models in a database of MongoDB, a replica set or shards: a commit is one transaction, acknowledged by the majority
 * and in their journals. Several processes may open it.
 *
 * @param tell is told what an operator should know of the server, in a sentence
 * @throws ReadStoreError, which names hosts and database and no credentials
 */
export async function openMongoReadStore(
  at: MongoAddress,
  tell?: (what: string) => void,
): Promise<MongoReadStore> {
  const connection = await connectTo(at);
  const { db, write, transaction, close } = connection;
  const tables = tablesIn(db);
  const collections = collectionsIn(connection, tables);
  try {
    await write(() => prepare(tables));
    await write(() => sweepOwners(tables));
    await write(collections.sweep, WHOLE_MS);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return {
    documents: mongoDocuments(connection, collections),
    consumers: mongoConsumers(connection, tables, tell && ((what) => tell(`${at.address}: ${what}`))),
    settings: mongoSettings(connection, tables),
    snapshots: mongoSnapshots(connection, tables),
    atOneMoment: (read) => atOneMoment(connection, tables, collections, read),
    async reset() {
      await collections.dropAll();
      const { consumers, owners, parked, waiting, settings, snapshots } = tables;
      await transaction(async (session) => {
        for (const table of [consumers, owners, parked, waiting, settings, snapshots])
          await table.deleteMany({}, { session });
      });
    },
    async destroy() {
      try {
        await write(() => db.dropDatabase(), WHOLE_MS);
      } finally {
        // One that stays open keeps the process alive, also where the server is away.
        await close();
      }
    },
    standing: connection.standing,
    close,
  };
}

/** A database of its own beside this one. */
export const openTemporaryMongoReadStore = (at: MongoAddress): Promise<MongoReadStore> =>
  openMongoReadStore({ ...at, database: `${at.database}-verify-${randomUUID().slice(0, 8)}` });

/** Transactions need not create what is there. */
async function prepare({ parked, waiting }: Tables): Promise<void> {
  await parked.createIndex({ consumer: 1, key: 1 }, { unique: true });
  await waiting.createIndex({ consumer: 1, key: 1, position: 1 }, { unique: true });
}

/** One transaction, which MongoDB ends after a minute: what takes longer is told so before. */
const atOneMoment = <T>(
  { db, moment }: Connection,
  { consumers, settings }: Tables,
  collections: Collections,
  read: (at: OneMoment) => Promise<T>,
): Promise<T> =>
  moment(async (session) => {
    // The moment is the first that is read.
    await settings.findOne({}, { session });
    return read({
      documents: {
        scan: (name, afterId, limit) =>
          collections.reading(name, (collection) => scanOf(db, collection, afterId, limit, session)),
      },
      consumers: {
        checkpoint: async (consumer) => (await consumers.findOne({ _id: consumer }, { session }))?.checkpoint,
      },
      settings: { get: async (name) => (await settings.findOne({ _id: name }, { session }))?.value },
    });
  });
