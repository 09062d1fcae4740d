import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registry, views } from '#compose/contexts.ts';
import { openReadStore } from '#compose/stores.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { type Verified, verifyView } from '#projections/runtime/verify.ts';

/** A view as the roles have left it in MongoDB, beside what the embedded engines make of the same history. */
export type ComparedView = Verified & { readonly problem: string | undefined };

function problemOf(verified: Verified, head: bigint): string | undefined {
  const { view, live, rebuilt, differing, through, parkedKeys } = verified;
  if (!verified.equal) return `${view}: ${live} is live, ${rebuilt} in SQLite: ${differing.join(', ')}`;
  if (through !== head) return `${view}: stands at ${through} of ${head}`;
  return parkedKeys === 0 ? undefined : `${view}: ${parkedKeys} keys are parked`;
}

/** Every view of a platform at rest, folded anew into SQLite and compared by content hash. */
export async function compareViews(
  readStore: ReadStore,
  store: Pick<EventStore, 'readAll' | 'head'>,
): Promise<readonly ComparedView[]> {
  const head = await store.head();
  const compared: ComparedView[] = [];
  for (const view of views) {
    const folder = await mkdtemp(join(tmpdir(), 'annals-rebuilt-'));
    const temporary = await openReadStore({ profile: 'embedded', folder });
    try {
      const verified = await verifyView({ view, readStore, temporary, store, registry });
      compared.push({ ...verified, problem: problemOf(verified, head) });
    } finally {
      await temporary.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
  return compared;
}
