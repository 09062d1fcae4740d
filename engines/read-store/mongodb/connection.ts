import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClientSession,
  type Db,
  MongoAPIError,
  MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
  type TransactionOptions,
} from 'mongodb';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import { bounded, LateError } from '../../bounded.ts';
import { presenceOf } from './presence.ts';

export interface MongoAddress {
  /** With credentials, so that nobody is told of it. */
  readonly url: string;
  /** Hosts and database, as it may be told. */
  readonly address: string;
  readonly database: string;
}

/** The driver keeps none of its own deadlines where a server hangs, so every wait has one of these, in milliseconds. */
const waits = {
  connect: 3_000,
  read: 5_000,
  write: 10_000,
  /** MongoDB itself ends a transaction after 60 s. */
  transaction: 30_000,
  moment: 50_000,
  /** A write whose outcome is unknown, or that met another's, is done again for so long. */
  repeat: 15_000,
  longestPause: 500,
  close: 5_000,
  /** For a free connection. */
  queue: 5_000,
  /** A connection on which nothing is heard for so long is given up; whoever waited on it was told long before. */
  silence: 60_000,
} as const;

const options: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
};

const WRITE_CONFLICT = 112;
const DUPLICATE_KEY = 11_000;

/** Whether a write may be done again: the outcome is unknown, or another one came in between. What the driver refuses is ours. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof MongoError) || error instanceof MongoAPIError) return false;
  const { code } = error;
  return (
    typeof code !== 'number' ||
    code === WRITE_CONFLICT ||
    code === DUPLICATE_KEY ||
    error.hasErrorLabel('TransientTransactionError') ||
    error.hasErrorLabel('UnknownTransactionCommitResult') ||
    error.hasErrorLabel('RetryableWriteError')
  );
}

/** Whether nobody has answered, whatever was asked. */
const isAbsence = (error: unknown): boolean =>
  error instanceof LateError ||
  error instanceof MongoNetworkError ||
  error instanceof MongoServerSelectionError;

export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoError && error.code === DUPLICATE_KEY;

/** A client with deadlines. What it fails with is a {@link ReadStoreError}; what the store says of a call is left as it is. */
export interface Connection {
  readonly db: Db;
  /** Asks once, and not at all while the server is known to be away. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** @param work bears being done twice, because an outcome that is unknown is settled by doing it again */
  write<T>(work: () => Promise<T>, longestMs?: number): Promise<T>;
  /** All of it or nothing. @param work bears being done twice, and asks for nothing but in the session */
  transaction<T>(work: (session: ClientSession) => Promise<T>): Promise<T>;
  /** Reads at one moment, once. */
  moment<T>(work: (session: ClientSession) => Promise<T>, longestMs?: number): Promise<T>;
  close(): Promise<void>;
}

async function inTransaction<T>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<T>,
  longestMs: number,
): Promise<T> {
  const session = client.startSession();
  async function attempt(): Promise<T> {
    session.startTransaction(options);
    const result = await work(session);
    await session.commitTransaction();
    return result;
  }
  try {
    return await bounded(attempt(), longestMs);
  } finally {
    // It aborts what is under way, and whatever a late attempt still asks for in it is refused.
    void session.endSession().catch(() => undefined);
  }
}

function connectionOf(client: MongoClient, { address, database }: MongoAddress): Connection {
  const db = client.db(database);
  const server = presenceOf(() => bounded(client.db('admin').command({ ping: 1 }), waits.read));

  const failure = (error: unknown): unknown =>
    error instanceof MongoError || error instanceof LateError
      ? new ReadStoreError(`${address}: ${error.message}`, { cause: error })
      : error;

  async function once<T>(work: () => Promise<T>, longestMs: number): Promise<T> {
    try {
      return await bounded(work(), longestMs);
    } catch (error) {
      throw failure(error);
    }
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    const away = server.away();
    if (away !== undefined) throw new ReadStoreError(away.message, { cause: away });
    try {
      return await once(work, waits.read);
    } catch (error) {
      if (error instanceof ReadStoreError && isAbsence(error.cause)) server.lost(error);
      throw error;
    }
  }

  async function repeated<T>(work: () => Promise<T>, longestMs: number): Promise<T> {
    const until = performance.now() + waits.repeat;
    for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, waits.longestPause)) {
      try {
        const result = await bounded(work(), longestMs);
        server.found();
        return result;
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > until) throw failure(error);
      }
      await pause(pauseMs);
    }
  }

  return {
    db,
    ask,
    write: (work, longestMs = waits.write) => repeated(work, longestMs),
    transaction: (work) =>
      repeated(() => inTransaction(client, work, waits.transaction), 2 * waits.transaction),
    moment: (work, longestMs = waits.moment) =>
      once(() => inTransaction(client, work, longestMs), 2 * longestMs),
    close() {
      server.found();
      return bounded(client.close(), waits.close);
    },
  };
}

/** @throws ReadStoreError for a server that is not there, lets nobody in, or has no transactions */
export async function connectTo(at: MongoAddress): Promise<Connection> {
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(at.url, {
      serverSelectionTimeoutMS: waits.connect,
      connectTimeoutMS: waits.connect,
      socketTimeoutMS: waits.silence,
      waitQueueTimeoutMS: waits.queue,
      writeConcern: { w: 'majority', journal: true },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      // Positions keep their whole range.
      useBigInt64: true,
    });
    const hello = await bounded(client.db('admin').command({ hello: 1 }), 2 * waits.connect);
    if (hello.setName === undefined && hello.msg !== 'isdbgrid')
      throw new ReadStoreError(
        `${at.address}: a server alone has no transactions; one node made a replica set will do`,
      );
    // Whoever may not look into the database is told at the start.
    await bounded(client.db(at.database).collection('settings').findOne({}), waits.read);
    return connectionOf(client, at);
  } catch (error) {
    await client?.close().catch(() => undefined);
    if (error instanceof ReadStoreError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    // The driver quotes an address that it cannot read, credentials and all.
    throw new ReadStoreError(`${at.address}: ${reason.replaceAll(at.url, at.address)}`);
  }
}
