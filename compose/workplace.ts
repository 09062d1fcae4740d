import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workplace } from '#cli/projections.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { openSqliteEventStore } from '#engines/event-store/sqlite/store.ts';
import { newIds } from '#engines/ids.ts';
import { belongTo } from '#engines/read-store/history.ts';
import { openSqliteReadStore } from '#engines/read-store/sqlite/store.ts';
import type { View } from '#projections/view.ts';
import { refuseLoss } from './whole-history.ts';

export interface OpenOptions {
  readonly folder: string;
  readonly views: readonly View[];
  readonly registry: Registry;
  print(line: string): void;
}

/**
 * Opens a data folder beside the server, if one runs: the history to read only, the views to write.
 * @throws StoreError when there is no history to read, or it is not the whole of what the views have read
 */
export async function openWorkplace(options: OpenOptions): Promise<Workplace & { close(): Promise<void> }> {
  const { folder, views, registry, print } = options;
  const clock = systemClock();
  await refuseLoss({ folder, clock, keyFile: undefined });
  const store = await openSqliteEventStore({ folder, clock, readOnly: true });
  const readStore = openSqliteReadStore({ folder });
  await belongTo(readStore, store.epoch);
  const owner = `cli-${newIds({ clock })()}`;
  const consume = consumerLoop({
    feed: store,
    store,
    consumers: readStore.consumers,
    registry,
    clock,
    owner,
  });
  return {
    views,
    registry,
    store,
    readStore,
    consume,
    clock,
    print,
    async temporary() {
      const path = await mkdtemp(join(tmpdir(), 'annals-verify-'));
      const temporary = openSqliteReadStore({ folder: path });
      return {
        readStore: temporary,
        async dispose() {
          await temporary.close();
          await rm(path, { recursive: true, force: true });
        },
      };
    },
    async close() {
      await readStore.close();
      await store.close();
    },
  };
}
