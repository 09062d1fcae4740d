import { openReadStore, storesAt } from '#compose/stores.ts';
import { readConfig } from '#config';
import type { Bus } from '#domain/kernel/ports/bus.ts';
import { noLog } from '#domain/kernel/ports/log.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { kafkaBus } from '#engines/bus/kafka/bus.ts';
import { steadyClock } from '#engines/clock/steady.ts';

// How a test looks into what a platform keeps on servers.

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
