import { randomUUID } from 'node:crypto';
import { openReadStore, storesAt } from '#compose/stores.ts';
import { readConfig } from '#config';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { kafkaBus } from '#engines/bus/kafka/bus.ts';
import { steadyClock } from '#engines/clock/steady.ts';
import { type OwnKafka, ownKafka } from '#test/engines/kafka-server.ts';
import { type OwnServer, ownServer } from '#test/engines/mongo-server.ts';

// Real servers of our own, and how a test looks into what a platform keeps on them.

export interface Servers {
  readonly mongodb: OwnServer;
  readonly kafka: OwnKafka;
  end(): Promise<void>;
}

/** What a platform is told of them: a database and topics of its own. */
export interface Addresses {
  readonly readStore: string;
  readonly bus: string;
}

/** @throws Error with the reason for which this machine cannot start them */
export async function startServers(): Promise<Servers> {
  const started = await Promise.allSettled([ownServer(), ownKafka()]);
  const [mongodb, kafka] = started;
  if (mongodb.status === 'fulfilled' && kafka.status === 'fulfilled')
    return {
      mongodb: mongodb.value,
      kafka: kafka.value,
      async end() {
        await Promise.all([mongodb.value.end(), kafka.value.end()]);
      },
    };
  const reasons = started.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  for (const one of started) if (one.status === 'fulfilled') await one.value.end();
  throw new Error(reasons.join('; '));
}

/** As `startServers`, for a file of tests: undefined, having said so, where the machine cannot. @param what was not run */
export const serversFor = (what: string): Promise<Servers | undefined> =>
  startServers().catch((error: Error) => {
    process.stderr.write(`${what}: not run: ${error.message}\n`);
    return undefined;
  });

/** A name that nothing on the servers has yet. */
export function freshAddresses({ mongodb, kafka }: Pick<Servers, 'mongodb' | 'kafka'>): Addresses {
  const name = `annals-test-${randomUUID().slice(0, 8)}`;
  const readStore = new URL(mongodb.url);
  readStore.pathname = `/${name}`;
  return { readStore: readStore.href, bus: `kafka://${kafka.broker}/${name}` };
}

/** The topics as a platform at that address has them, and what their names begin with. */
export function busAt(url: string): { readonly bus: Bus; readonly prefix: string } {
  const { bus: at } = readConfig({ BUS: url });
  if (at.engine !== 'kafka') throw new TypeError(`${url} is no Kafka`);
  const { brokers, address, prefix, tls } = at;
  const bus = kafkaBus({ ...{ brokers, address, prefix, tls }, clock: steadyClock(), log: noLog });
  return { bus, prefix };
}

/** The read models as a platform at that address has them. */
export function readStoreAt(url: string): Promise<ReadStore> {
  const { readStore, dataDir } = readConfig({ READ_STORE: url });
  return openReadStore(storesAt(dataDir, readStore));
}
