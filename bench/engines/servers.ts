import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { MongoClient } from 'mongodb';
import { type Config, readConfig } from '#config';
import { freePort } from '../free-port.ts';
import { ownProcess } from '../own-process.ts';

// The servers that rows on engines run against: those that MONGODB_URL and KAFKA_URL name (in which what is named annals-bench-… is made and
// removed), or some of our own, by the scripts of the tests, where this machine can start them.

/** Of a start that has to install the server first, in milliseconds. */
const START_MS = 240_000;
const HIGHEST_PORT = 65_535;
/** Above its own port, as the script has it. */
const CONTROLLER = 100;
/** What makes a broker quick to start makes it slow to run. */
const KAFKA_JVM = '-Xms512m -Xmx512m';

type ReadStoreInMongo = Extract<Config['readStore'], { engine: 'mongodb' }>;
type BusOnKafka = Extract<Config['bus'], { engine: 'kafka' }>;

/** A server for one row; what the row leaves there is removed at the end. */
export interface EngineServer {
  readonly url: string;
  end(): Promise<void>;
}

export type ServerKind = 'mongodb' | 'kafka';

const freshName = (): string => `annals-bench-${randomUUID().slice(0, 8)}`;

async function ownMongo(data: string): Promise<EngineServer> {
  const MONGO_PORT = String(await freePort());
  const environment = { MONGO_PORT, MONGO_DATA: data };
  const server = { script: 'mongo.sh', data, pidFiles: ['pid'], environment, startMs: START_MS } as const;
  const { end } = await ownProcess(server);
  return { url: `mongodb://127.0.0.1:${MONGO_PORT}/${freshName()}?replicaSet=secantus`, end };
}

async function ownKafka(data: string): Promise<EngineServer> {
  let port = await freePort();
  while (port + CONTROLLER > HIGHEST_PORT) port = await freePort();
  const environment = { KAFKA_PORT: String(port), KAFKA_NODES: '1', KAFKA_DATA: data, KAFKA_JVM };
  const pidFiles = [join('node-1', 'pid')];
  const { end } = await ownProcess({ script: 'kafka.sh', data, pidFiles, environment, startMs: START_MS });
  return { url: `kafka://127.0.0.1:${port}/${freshName()}`, end };
}

export function mongoAt(url: string): ReadStoreInMongo {
  const { readStore } = readConfig({ READ_STORE: url });
  if (readStore.engine !== 'mongodb') throw new TypeError('MONGODB_URL names no MongoDB');
  return readStore;
}

export function kafkaAt(url: string): BusOnKafka {
  const { bus } = readConfig({ BUS: url });
  if (bus.engine !== 'kafka') throw new TypeError('KAFKA_URL names no Kafka');
  return bus;
}

/** Removes the database of the row. */
export async function dropDatabase(url: string): Promise<void> {
  const { database } = mongoAt(url);
  const client = new MongoClient(url);
  await client.db(database).dropDatabase();
  await client.close();
}

function givenMongo(url: string): EngineServer {
  const own = url.replace(/^(\w+(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${freshName()}`);
  return { url: own, end: () => dropDatabase(own) };
}

async function deleteTopics(url: string): Promise<void> {
  const { brokers, prefix } = kafkaAt(url);
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((name) => name.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
}

function givenKafka(url: string): EngineServer {
  const own = url.replace(/^(kafka:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${freshName()}`);
  return { url: own, end: () => deleteTopics(own) };
}

/**
 * @param folder of the row
 * @throws Error with the reason for which there is none
 */
export async function serverOf(kind: ServerKind, folder: string): Promise<EngineServer> {
  const data = join(folder, kind);
  const { MONGODB_URL, KAFKA_URL } = process.env;
  if (kind === 'mongodb') return MONGODB_URL === undefined ? ownMongo(data) : givenMongo(MONGODB_URL);
  return KAFKA_URL === undefined ? ownKafka(data) : givenKafka(KAFKA_URL);
}
