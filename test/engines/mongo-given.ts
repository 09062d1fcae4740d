import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readConfig } from '#config';
import type { MongoAddress } from '#engines/read-store/mongodb/client.ts';
import { type MongoReadStore, openMongoReadStore } from '#engines/read-store/mongodb/store.ts';

/** As the settings would have it, by default in a database that is new. */
export function addressOf(url: string, database = `annals-test-${randomUUID().slice(0, 8)}`) {
  const { readStore } = readConfig({ READ_STORE: url });
  assert.ok(readStore.engine === 'mongodb');
  return { ...readStore, database };
}

const opened: MongoReadStore[] = [];
/** Closed by `closeAll` behind the last test, whatever becomes of the one that opened it: an open one keeps the process alive. */
export async function opening(at: MongoAddress): Promise<MongoReadStore> {
  const store = await openMongoReadStore(at);
  opened.push(store);
  return store;
}
export async function closeAll(): Promise<void> {
  for (const store of opened) await store.close().catch(() => undefined);
}
