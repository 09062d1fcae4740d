import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClientSession,
  type Db,
  MongoAPIError,
  type MongoClient,
  MongoError,
  MongoNetworkError,
  MongoServerSelectionError,
  type TransactionOptions,
} from 'mongodb';
import { ReadStoreError } from '#domain/kernel/ports/read-store.ts';
import type { Standing } from '#domain/kernel/ports/standing.ts';
import { reasonOf } from '#runtime/reason.ts';
import { bounded, LateError } from '../../bounded.ts';
import { wallClock } from '../../clock/wall.ts';
import { watched } from '../../standing.ts';
import { clientOf, type MongoAddress, toldOf } from './client.ts';
import { presenceOf } from './presence.ts';
import { reasonsOf } from './reason.ts';
import { DUPLICATE_KEY, mayPass } from './repeatable.ts';

/** The driver keeps none of its own deadlines where a server hangs, so every wait has one of these, in milliseconds. */
const waits = {
  /** Of the first question: a server is looked for before it. */
  hello: 6_000,
  /** Of the question whether it is there: longer than a server is looked for, which says more. */
  ping: 3_500,
  read: 5_000,
  write: 10_000,
  /** MongoDB itself ends a transaction after 60 s. */
  transaction: 30_000,
  moment: 50_000,
  /** A write whose outcome is unknown, or that met another's, is done again for so long. */
  repeat: 15_000,
  longestPause: 500,
  close: 5_000,
} as const;

const options: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
};

const NOT_ALLOWED = 13;
const NOT_LET_IN = 18;

/** Whether nobody has answered, or lets us in, whatever was asked. */
function absenceIn(error: unknown): 'absent' | 'refused' | undefined {
  if (error instanceof MongoError && error.code === NOT_LET_IN) return 'refused';
  const absent =
    error instanceof LateError ||
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError;
  return absent ? 'absent' : undefined;
}

/** Whether the server is at fault: what is written is ours, while a query may be of a kind that it refuses. */
const isFailure = (error: unknown, side: 'reads' | 'writes'): boolean =>
  absenceIn(error) !== undefined ||
  (error instanceof MongoError &&
    !(error instanceof MongoAPIError) &&
    (side === 'writes' || error.code === NOT_ALLOWED));

export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoError && error.code === DUPLICATE_KEY;

/** A client with deadlines. What it fails with is a {@link ReadStoreError}; what the store says of a call is left as it is. */
export interface Connection {
  readonly db: Db;
  /** Asks once, and not at all while the server is known to be away. */
  ask<T>(work: () => Promise<T>): Promise<T>;
  /** @param work bears being done twice, because an outcome that is unknown is settled by doing it again */
  write<T>(work: () => Promise<T>, longestMs?: number): Promise<T>;
  /**
   * All of it or nothing.
   *
   * @param work bears being done twice, and asks for nothing but in the session
   * @param before is done with the session before its transaction begins, and outside of it
   */
  transaction<T>(
    work: (session: ClientSession) => Promise<T>,
    before?: (session: ClientSession) => Promise<void>,
  ): Promise<T>;
  /** Reads at one moment, once. */
  moment<T>(work: (session: ClientSession) => Promise<T>, longestMs?: number): Promise<T>;
  standing(): Standing;
  close(): Promise<void>;
}

async function inTransaction<T>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<T>,
  longestMs: number,
  before?: (session: ClientSession) => Promise<void>,
): Promise<T> {
  const session = client.startSession();
  async function attempt(): Promise<T> {
    await before?.(session);
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

/** What an engine is seen to do, as the port names it. */
function observing(
  { address }: MongoAddress,
  ping: () => Promise<unknown>,
  reasonIn: (error: Error) => string,
) {
  const engine = watched(address, wallClock());
  const server = presenceOf({ ping, engine, failed: (error) => failed(error, 'reads') });
  const named = (error: unknown): unknown =>
    error instanceof MongoError || error instanceof LateError
      ? new ReadStoreError(`${address}: ${reasonIn(error)}`, { cause: error })
      : error;
  /** Answers what whoever has asked is told. */
  function failed(error: unknown, side: 'reads' | 'writes'): unknown {
    const told = named(error);
    if (isFailure(error, side)) engine.failed(told, side);
    const absence = absenceIn(error);
    if (told instanceof Error && absence !== undefined) server.lost(told, absence);
    return told;
  }
  return {
    standing: engine.standing,
    named,
    away: server.away,
    close: server.close,
    answered(side: 'reads' | 'writes'): void {
      server.found();
      engine.answered(side);
    },
    failed,
  };
}

function connectionOf(client: MongoClient, at: MongoAddress, reasonIn: (error: Error) => string): Connection {
  const db = client.db(at.database);
  const ping = () => bounded(db.collection('settings').findOne({}), waits.ping);
  const server = observing(at, ping, reasonIn);

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    const away = server.away();
    if (away !== undefined) throw new ReadStoreError(away.message, { cause: away });
    try {
      const result = await bounded(work(), waits.read);
      server.answered('reads');
      return result;
    } catch (error) {
      throw server.failed(error, 'reads');
    }
  }

  async function repeated<T>(work: () => Promise<T>, longestMs: number): Promise<T> {
    const until = performance.now() + waits.repeat;
    for (let pauseMs = 5; ; pauseMs = Math.min(2 * pauseMs, waits.longestPause)) {
      try {
        const result = await bounded(work(), longestMs);
        server.answered('writes');
        return result;
      } catch (error) {
        if (!mayPass(error) || performance.now() + pauseMs > until) throw server.failed(error, 'writes');
        // One connection that ends is no absence yet; a server that nobody finds is.
        if (error instanceof MongoServerSelectionError) server.failed(error, 'writes');
      }
      await pause(pauseMs);
    }
  }

  return {
    db,
    ask,
    write: (work, longestMs = waits.write) => repeated(work, longestMs),
    transaction: (work, before) =>
      repeated(() => inTransaction(client, work, waits.transaction, before), 2 * waits.transaction),
    // One that takes too long tells nothing of the server.
    moment: (work, longestMs = waits.moment) =>
      bounded(inTransaction(client, work, longestMs), 2 * longestMs).catch((error: unknown) => {
        throw server.named(error);
      }),
    standing: server.standing,
    close() {
      server.close();
      return bounded(client.close(), waits.close).catch((error: unknown) => {
        throw server.named(error);
      });
    },
  };
}

/** @throws ReadStoreError for a server that is not there, lets nobody in, or has no transactions */
export async function connectTo(at: MongoAddress): Promise<Connection> {
  let client: MongoClient | undefined;
  let reasonIn: (error: Error) => string = reasonOf;
  try {
    client = clientOf(at);
    reasonIn = reasonsOf(client);
    const hello = await bounded(client.db('admin').command({ hello: 1 }), waits.hello);
    if (hello.setName === undefined && hello.msg !== 'isdbgrid')
      throw new ReadStoreError(
        `${at.address}: a server alone has no transactions; one node made a replica set will do`,
      );
    // Whoever may not look into the database is told at the start.
    await bounded(client.db(at.database).collection('settings').findOne({}), waits.read);
    return connectionOf(client, at, reasonIn);
  } catch (error) {
    await client?.close().catch(() => undefined);
    if (error instanceof ReadStoreError) throw error;
    throw new ReadStoreError(`${at.address}: ${toldOf(at, error, reasonIn)}`);
  }
}
