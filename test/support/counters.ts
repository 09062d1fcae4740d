import { z } from 'zod';
import { memoryStores } from '#compose/stores.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { event } from '#domain/kernel/message.ts';
import { MinorUnits } from '#domain/kernel/money.ts';
import type { EventStore } from '#domain/kernel/ports/event-store.ts';
import type { ReadStore } from '#domain/kernel/ports/read-store.ts';
import { registryOf } from '#domain/kernel/registry.ts';
import { systemClock } from '#engines/clock/system.ts';
import { consumerLoop } from '#engines/consumer/consumer.ts';
import { newIds } from '#engines/ids.ts';
import { type View, view } from '#projections/view.ts';
import { metadata } from './given.ts';

// A history of counters in streams `counter-<name>`, and views of it: what the projection runtime is tried on.

export const clock = systemClock();
const newId = newIds({ clock });

const name = z.string().min(1).max(40);
export const Counted = event('Counted', {
  version: 1,
  description: 'A counter grew.',
  data: { name, by: MinorUnits, group: z.string() },
});
export const Cleared = event('Cleared', { version: 1, description: 'A counter is gone.', data: { name } });
export const registry = registryOf([
  { name: 'counters', description: 'Counters.', events: [Counted, Cleared], commands: [] },
]);

/** What the poison is: changed by a test when it is "fixed". */
export interface Rules {
  poison: ((name: string, by: bigint) => boolean) | undefined;
}

export const countersView = (rules: Rules = { poison: undefined }, version = 1): View =>
  view({
    name: 'counters',
    version,
    description: 'How far each counter is.',
    document: z.object({ name, total: MinorUnits, group: z.string(), events: z.int() }),
    indexes: [
      { name: 'total', fields: [{ path: 'total', as: 'integer' }] },
      { name: 'group', fields: [{ path: 'group', as: 'text' }] },
    ],
    text: ['name'],
    on: (when) => [
      when(Counted, (document, { data }) => {
        if (rules.poison?.(data.name, data.by)) throw new Error(`${data.name} is poisoned`);
        const { total = 0n, events = 0 } = document ?? {};
        return { name: data.name, total: total + data.by, group: data.group, events: events + 1 };
      }),
      when(Cleared, () => undefined),
    ],
    key: ({ data }) => data.name,
  });

const metadataOf = (version = 1) => ({ ...metadata, version, command: 'Count' });

export type Fact = readonly [name: string, by: bigint | 'clear', group?: string];

/** Appends one event for each fact; `version` above 1 is an event this code is too old for. */
export async function append(store: EventStore, facts: readonly Fact[], version = 1): Promise<bigint> {
  let last = 0n;
  for (const [counter, by, group = 'all'] of facts) {
    const data = by === 'clear' ? { name: counter } : { name: counter, by: by.toString(), group };
    const appended = await store.append(`counter-${counter}`, 'any', [
      { eventId: newId(), type: by === 'clear' ? 'Cleared' : 'Counted', data, metadata: metadataOf(version) },
    ]);
    if (appended.status === 'appended') last = appended.position;
  }
  return last;
}

/** Appends a `Counted` that does not fit its schema. */
export async function appendUnreadable(store: EventStore, stream: string, data: JsonObject): Promise<bigint> {
  const event = { eventId: newId(), type: 'Counted', data, metadata: metadataOf() };
  const appended = await store.append(stream, 'any', [event]);
  if (appended.status === 'conflict') throw new Error('nothing was expected');
  return appended.position;
}

/** The totals that the facts come to: the whole model. */
export function totalsOf(facts: readonly Fact[]): Record<string, string> {
  const totals = new Map<string, bigint>();
  for (const [counter, by] of facts)
    if (by === 'clear') totals.delete(counter);
    else totals.set(counter, (totals.get(counter) ?? 0n) + by);
  return Object.fromEntries([...totals].sort().map(([counter, total]) => [counter, total.toString()]));
}

/** The totals that a collection holds. */
export async function totalsIn(
  readStore: Pick<ReadStore, 'documents'>,
  collection: string,
): Promise<Record<string, string>> {
  const documents = await readStore.documents.scan(collection, undefined, 1_000);
  return Object.fromEntries(documents.map(({ id, body }) => [id, String(body?.total)]));
}

export const historyOf = async (facts: readonly Fact[]): Promise<EventStore> => {
  const { store } = memoryStores({ clock });
  await append(store, facts);
  return store;
};

/** A consumer loop of one owner, with short times. */
export const loopOf = (
  store: EventStore,
  { consumers }: Pick<ReadStore, 'consumers'>,
  owner = newId(),
  leaseMs = 2_000,
) => consumerLoop({ feed: store, store, consumers, registry, clock, owner, leaseMs, retryPollMs: 10 });
