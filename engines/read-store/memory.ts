import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { Position } from '#domain/kernel/envelope.ts';
import type { Instant } from '#domain/kernel/instant.ts';
import {
  type CollectionSpec,
  type Commit,
  type DocumentWrite,
  type Lease,
  NoSuchCollectionError,
  type ParkedChange,
  type ParkedKey,
  type ReadSnapshot,
  type ReadStore,
  readStoreLimits,
  type StoredDocument,
  type SwitchOver,
} from '#domain/kernel/ports/read-store.ts';
import type { Page, Query } from '#domain/kernel/ports/views.ts';
import { compareText, textOf, validCollection } from './collection.ts';
import { comparePlaces, cursorOf, hasWords, parseQuery, placeIn } from './query.ts';

interface Collection {
  spec: CollectionSpec;
  readonly documents: Map<string, StoredDocument>;
}

interface ParkedEntry {
  error: string;
  since: Instant;
  positions: Position[];
  retry: boolean;
}

interface ConsumerEntry {
  owner: string | undefined;
  epoch: number;
  leasedUntilMs: number;
  checkpoint: Position | undefined;
  readonly parked: Map<string, ParkedEntry>;
}

/** A read store for tests and for `verify`: the whole contract, nothing durable. */
export function memoryReadStore(): ReadStore {
  return new MemoryReadStore();
}

class MemoryReadStore implements ReadStore {
  readonly #collections = new Map<string, Collection>();
  readonly #consumers = new Map<string, ConsumerEntry>();
  readonly #settings = new Map<string, string>();
  readonly #snapshots = new Map<string, JsonObject>();

  async declare(spec: CollectionSpec): Promise<void> {
    const known = this.#collections.get(spec.name);
    if (known !== undefined) known.spec = validCollection(spec);
    else this.#collections.set(spec.name, { spec: validCollection(spec), documents: new Map() });
  }

  async drop(collection: string): Promise<void> {
    this.#collections.delete(collection);
  }

  async get(collection: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredDocument>> {
    const { documents } = this.#collection(collection);
    const found = new Map<string, StoredDocument>();
    for (const id of ids) {
      const document = documents.get(id);
      if (document !== undefined) found.set(id, document);
    }
    return found;
  }

  async find(collection: string, query: Query): Promise<Page<JsonObject>> {
    const { spec, documents } = this.#collection(collection);
    const { filter, sort, words, limit, after } = parseQuery(query, spec);
    const found: { place: ReturnType<typeof placeIn>; document: JsonObject }[] = [];
    for (const { id, body } of documents.values()) {
      if (body === null || !filter.matches(body)) continue;
      if (words !== undefined && !hasWords(textOf(body, spec.text), words)) continue;
      const place = placeIn(id, body, sort);
      if (after === undefined || comparePlaces(place, after, sort) > 0) found.push({ place, document: body });
    }
    found.sort((a, b) => comparePlaces(a.place, b.place, sort));
    const items = found
      .slice(0, limit)
      .map(({ place, document }) => ({ id: place.id, document, cursor: cursorOf(place, sort) }));
    return { items, more: found.length > limit };
  }

  async scan(name: string, afterId: string | undefined, limit: number): Promise<readonly StoredDocument[]> {
    return scanOf(this.#collection(name).documents, afterId, limit);
  }

  async snapshot<T>(read: (at: ReadSnapshot) => Promise<T>): Promise<T> {
    // Documents are never changed in place, so copies of the maps are the store at this moment.
    const collections = new Map([...this.#collections].map(([name, it]) => [name, new Map(it.documents)]));
    const checkpoints = new Map([...this.#consumers].map(([name, it]) => [name, it.checkpoint]));
    const settings = new Map(this.#settings);
    return await read({
      checkpoint: async (consumer) => checkpoints.get(consumer),
      setting: async (name) => settings.get(name),
      async scan(collection, afterId, limit) {
        const documents = collections.get(collection);
        if (documents === undefined) throw new NoSuchCollectionError(collection);
        return scanOf(documents, afterId, limit);
      },
    });
  }

  async lease(consumer: string, owner: string, nowMs: number, ttlMs: number): Promise<Lease | undefined> {
    const entry = this.#consumers.get(consumer) ?? newConsumer();
    this.#consumers.set(consumer, entry);
    if (entry.owner !== owner) {
      if (entry.owner !== undefined && entry.leasedUntilMs > nowMs) return undefined;
      entry.epoch += 1;
      entry.owner = owner;
    }
    entry.leasedUntilMs = nowMs + ttlMs;
    return { consumer, owner, epoch: entry.epoch, checkpoint: entry.checkpoint ?? 0n };
  }

  async release(lease: Lease): Promise<void> {
    const entry = this.#consumers.get(lease.consumer);
    if (entry !== undefined && holds(entry, lease)) entry.owner = undefined;
  }

  async commit({ lease, writes, checkpoint, parked }: Commit): Promise<'committed' | 'fenced'> {
    const entry = this.#consumers.get(lease.consumer);
    if (entry === undefined || !holds(entry, lease)) return 'fenced';
    if (writes.length > readStoreLimits.writesPerCommit)
      throw new RangeError('too many writes in one commit');
    const puts = writes.map((write) => ({ write, documents: this.#collection(write.collection).documents }));
    for (const { write, documents } of puts) put(documents, write);
    for (const change of parked) changeParked(entry.parked, change);
    entry.checkpoint = checkpoint;
    return 'committed';
  }

  async checkpoint(consumer: string): Promise<Position | undefined> {
    return this.#consumers.get(consumer)?.checkpoint;
  }

  async consumers(): ReturnType<ReadStore['consumers']> {
    return [...this.#consumers]
      .sort(([a], [b]) => compareText(a, b))
      .map(([consumer, { checkpoint, owner, leasedUntilMs }]) => ({
        consumer,
        checkpoint,
        owner,
        leasedUntilMs,
      }));
  }

  async forget(consumer: string): Promise<void> {
    this.#consumers.delete(consumer);
  }

  async parked(consumer?: string): Promise<readonly ParkedKey[]> {
    const entries = [...this.#consumers].filter(([name]) => consumer === undefined || name === consumer);
    return entries.flatMap(([name, entry]) =>
      [...entry.parked]
        .sort(([a], [b]) => compareText(a, b))
        .map(([key, { error, since, positions, retry }]) => ({
          consumer: name,
          key,
          error,
          since,
          positions: positions.slice(0, readStoreLimits.parkedPositions),
          waiting: positions.length,
          retry,
        })),
    );
  }

  async isParked(consumer: string, key: string): Promise<boolean> {
    return this.#consumers.get(consumer)?.parked.has(key) ?? false;
  }

  async requestRetry(consumer: string, key: string | undefined): Promise<number> {
    const parked = [...(this.#consumers.get(consumer)?.parked ?? [])];
    const meant = parked.filter(([name]) => key === undefined || name === key);
    for (const [, entry] of meant) entry.retry = true;
    return meant.length;
  }

  async setting(name: string): Promise<string | undefined> {
    return this.#settings.get(name);
  }

  async putSetting(name: string, value: string, expected?: string | null): Promise<boolean> {
    const there = this.#settings.get(name) ?? null;
    if (expected !== undefined && there !== expected) return false;
    this.#settings.set(name, value);
    return true;
  }

  async switchOver(change: SwitchOver): Promise<boolean> {
    const { setting, expected, value, consumer, notBehind } = change;
    if (this.#settings.get(setting) !== expected) return false;
    const ahead = this.#consumers.get(consumer)?.checkpoint;
    const behind = notBehind === undefined ? undefined : this.#consumers.get(notBehind)?.checkpoint;
    if (ahead === undefined || ahead < (behind ?? 0n)) return false;
    this.#settings.set(setting, value);
    return true;
  }

  async readSnapshot(name: string): Promise<JsonObject | undefined> {
    return this.#snapshots.get(name);
  }

  async writeSnapshot(name: string, snapshot: JsonObject | null): Promise<void> {
    if (snapshot === null) this.#snapshots.delete(name);
    else this.#snapshots.set(name, snapshot);
  }

  async reset(): Promise<void> {
    this.#collections.clear();
    this.#consumers.clear();
    this.#settings.clear();
    this.#snapshots.clear();
  }

  async close(): Promise<void> {}

  #collection(name: string): Collection {
    const collection = this.#collections.get(name);
    if (collection === undefined) throw new NoSuchCollectionError(name);
    return collection;
  }
}

const newConsumer = (): ConsumerEntry => ({
  owner: undefined,
  epoch: 0,
  leasedUntilMs: 0,
  checkpoint: undefined,
  parked: new Map(),
});

const holds = (entry: ConsumerEntry, lease: Lease): boolean =>
  entry.owner === lease.owner && entry.epoch === lease.epoch;

function put(documents: Map<string, StoredDocument>, { id, key, position, body }: DocumentWrite): void {
  const there = documents.get(id);
  if (there === undefined || there.position < position) documents.set(id, { id, key, position, body });
}

function scanOf(
  documents: ReadonlyMap<string, StoredDocument>,
  afterId: string | undefined,
  limit: number,
): readonly StoredDocument[] {
  return [...documents.values()]
    .filter(({ id, body }) => body !== null && (afterId === undefined || compareText(id, afterId) > 0))
    .sort((a, b) => compareText(a.id, b.id))
    .slice(0, Math.min(limit, readStoreLimits.scanDocuments));
}

function changeParked(parked: Map<string, ParkedEntry>, change: ParkedChange): void {
  const entry = parked.get(change.key);
  if (change.change === 'release') parked.delete(change.key);
  else if (change.change === 'park')
    parked.set(change.key, {
      error: change.error,
      since: entry?.since ?? change.at,
      positions: [...(entry?.positions ?? []), ...change.positions],
      retry: false,
    });
  else if (entry !== undefined && change.change === 'append') entry.positions.push(...change.positions);
  else if (entry !== undefined && change.change === 'advance')
    entry.positions = entry.positions.filter((position) => position > change.through);
}
