// A collection as the contract of read stores uses it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { ConsumerStore, Lease } from '#domain/kernel/ports/consumer-store.ts';
import type { CollectionSpec, DocumentStore, DocumentWrite } from '#domain/kernel/ports/document-store.ts';
import type { Query } from '#domain/kernel/ports/query.ts';

export const lots: CollectionSpec = {
  name: 'lots@1.1',
  indexes: [
    { name: 'price', fields: [{ path: 'price.amount', as: 'integer' }] },
    {
      name: 'state',
      fields: [
        { path: 'state', as: 'text' },
        { path: 'price.amount', as: 'integer' },
      ],
    },
    { name: 'categories', fields: [{ path: 'categories', as: 'text' }] },
  ],
  text: ['title'],
};

const folders: string[] = [];
/** A folder that {@link removeFolders} removes. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'annals-read-store-'));
  folders.push(folder);
  return folder;
};
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export const write = (id: string, position: bigint, body: JsonObject | null): DocumentWrite => ({
  collection: lots.name,
  id,
  key: id,
  position,
  body,
});

interface Consumers {
  readonly consumers: ConsumerStore;
}

export async function owned(
  { consumers }: Consumers,
  consumer = 'view:lots@1.1',
  owner = 'one',
): Promise<Lease> {
  const lease = await consumers.lease(consumer, owner, 0, 1_000);
  assert.ok(lease);
  return lease;
}

export const put = async (store: Consumers, writes: readonly DocumentWrite[], checkpoint = 1n) =>
  store.consumers.commit({ lease: await owned(store), writes, checkpoint, parked: [] });

export const idsOf = async (
  { documents }: { readonly documents: DocumentStore },
  query: Query,
): Promise<string[]> => (await documents.find(lots.name, query)).items.map((item) => item.id);
