import { randomUUID } from 'node:crypto';
import { reasonOf } from '#runtime/reason.ts';
import { type OwnKafka, ownKafka } from './kafka-server.ts';
import { type OwnServer, ownServer } from './mongo-server.ts';

// Which servers a file of tests runs against, and what is said where there are none.
//
// Whoever hurts a server has one of its own. The others take the one that MONGODB_URL or KAFKA_URL names. Where none is named they share the
// Kafka that `npm run test:engines` has started, and have a server of MongoDB's protocol each: the one of the gate has one thread, and whoever
// works beside a demo on it waits for longer than the deadlines of a call. A file that is run by itself starts what it needs.

export type Engine = 'mongodb' | 'kafka';
export const engines: readonly Engine[] = ['mongodb', 'kafka'];

/** What the runner tells its files: where it has started one, or why this machine starts none. */
export const toldIn = {
  mongodb: { started: 'ANNALS_MONGODB', missing: 'ANNALS_NO_MONGODB' },
  kafka: { started: 'ANNALS_KAFKA', missing: 'ANNALS_NO_KAFKA' },
} as const;
const isShared: Readonly<Record<Engine, boolean>> = { mongodb: false, kafka: true };
export const givenIn = { mongodb: 'MONGODB_URL', kafka: 'KAFKA_URL' } as const;

/** What a line begins with that says what was not run, and why; the runner says all of them again at its end. */
export const NOT_RUN = 'NOT RUN: ';

export function notRun(what: string, why: unknown): undefined {
  const reason = reasonOf(why);
  process.stderr.write(`${NOT_RUN}${what}: ${reason}\n`);
  return undefined;
}

/**
 * One of a file's own. Undefined, having said so, where this machine starts none.
 * @throws Error where it has started one before: what is not run then hides a failure
 */
export async function startedFor<T>(
  what: string,
  engine: Engine,
  start: () => Promise<T>,
): Promise<T | undefined> {
  const { started, missing } = toldIn[engine];
  if (process.env[missing] !== undefined) return notRun(what, process.env[missing]);
  try {
    return await start();
  } catch (error) {
    if (process.env[started] !== undefined) throw error;
    return notRun(what, error);
  }
}

/** @param what is not run without it */
export const ownMongodbFor = (what: string, options?: string): Promise<OwnServer | undefined> =>
  startedFor(what, 'mongodb', () => ownServer(options));
export const ownKafkaFor = (what: string, settings?: string): Promise<OwnKafka | undefined> =>
  startedFor(what, 'kafka', () => ownKafka(settings));

/** A server that is left as it was found, apart from what is named `annals-test-…`. */
export interface SharedServer {
  readonly url: string;
  /** It goes on behind the tests: what was made there is removed. */
  readonly stays: boolean;
  end(): Promise<void>;
}

/** @param what is not run without it */
export async function sharedFor(what: string, engine: Engine): Promise<SharedServer | undefined> {
  const end = async (): Promise<void> => undefined;
  const given = process.env[givenIn[engine]];
  if (given !== undefined) return { url: given, stays: true, end };
  const started = process.env[toldIn[engine].started];
  if (started !== undefined && isShared[engine]) return { url: started, stays: false, end };
  const own = await startedFor(what, engine, starters[engine]);
  return own && { ...own, stays: false };
}

/** For all who share it. @throws Error with the reason for which this machine cannot start one */
export const starters: Readonly<Record<Engine, () => Promise<Omit<SharedServer, 'stays'>>>> = {
  mongodb: () => ownServer(),
  kafka: () => ownKafka(),
};

/** Where a platform's engines are: a database and topics of its own. */
export interface Addresses {
  readonly readStore: string;
  readonly bus: string;
}

/** Whatever has an address. */
type At = { readonly url: string };

/** Names that nothing on the servers has yet. */
export function freshAddresses({ mongodb, kafka }: { readonly mongodb: At; readonly kafka: At }): Addresses {
  const name = `annals-test-${randomUUID().slice(0, 8)}`;
  const [readStore, bus] = [new URL(mongodb.url), new URL(kafka.url)];
  readStore.pathname = `/${name}`;
  return { readStore: readStore.href, bus: `${bus.protocol}//${bus.host}/${name}` };
}

/** Both of a file's own. */
export interface Servers {
  readonly mongodb: OwnServer;
  readonly kafka: OwnKafka;
  end(): Promise<void>;
}

/** @param what is not run without them @param settings of the broker */
export async function ownServersFor(what: string, settings?: string): Promise<Servers | undefined> {
  const [mongodb, kafka] = await Promise.all([ownMongodbFor(what), ownKafkaFor(what, settings)]);
  const end = async (): Promise<void> => void (await Promise.all([mongodb?.end(), kafka?.end()]));
  if (mongodb !== undefined && kafka !== undefined) return { mongodb, kafka, end };
  await end();
  return undefined;
}

/** Both, as those that are shared. */
export interface SharedServers {
  readonly mongodb: SharedServer;
  readonly kafka: SharedServer;
  end(): Promise<void>;
}

/** @param what is not run without them */
export async function sharedServersFor(what: string): Promise<SharedServers | undefined> {
  const [mongodb, kafka] = await Promise.all([sharedFor(what, 'mongodb'), sharedFor(what, 'kafka')]);
  const end = async (): Promise<void> => void (await Promise.all([mongodb?.end(), kafka?.end()]));
  if (mongodb !== undefined && kafka !== undefined) return { mongodb, kafka, end };
  await end();
  return undefined;
}
