import {
  type CollectionSpec,
  type DocumentStore,
  type DocumentWrite,
  documentLimits,
  NoSuchCollectionError,
  type StoredDocument,
} from '#domain/kernel/ports/document-store.ts';
import { compareText, textOf, validCollection } from '../collection.ts';
import { comparePlaces, cursorOf, hasWords, parseQuery, placeIn } from '../query.ts';

interface Collection {
  spec: CollectionSpec;
  readonly documents: Map<string, StoredDocument>;
}
export type Collections = Map<string, Collection>;

/** @throws NoSuchCollectionError */
function named(collections: Collections, name: string): Collection {
  const collection = collections.get(name);
  if (collection === undefined) throw new NoSuchCollectionError(name);
  return collection;
}

/** All of them, or nothing when a collection is not there. A write at or below the position that is there is a no-op. */
export function putAll(collections: Collections, writes: readonly DocumentWrite[]): void {
  const puts = writes.map((write) => ({ write, documents: named(collections, write.collection).documents }));
  for (const { write, documents } of puts) {
    const { id, key, position, body } = write;
    const there = documents.get(id);
    if (there === undefined || there.position < position) documents.set(id, { id, key, position, body });
  }
}

export function scanOf(
  documents: ReadonlyMap<string, StoredDocument> | undefined,
  name: string,
  afterId: string | undefined,
  limit: number,
): readonly StoredDocument[] {
  if (documents === undefined) throw new NoSuchCollectionError(name);
  return [...documents.values()]
    .filter(({ id, body }) => body !== null && (afterId === undefined || compareText(id, afterId) > 0))
    .sort((a, b) => compareText(a.id, b.id))
    .slice(0, Math.min(limit, documentLimits.scanDocuments));
}

export function memoryDocuments(collections: Collections): DocumentStore {
  return {
    async declare(spec) {
      const known = collections.get(spec.name);
      if (known !== undefined) known.spec = validCollection(spec);
      else collections.set(spec.name, { spec: validCollection(spec), documents: new Map() });
    },
    async drop(collection) {
      collections.delete(collection);
    },
    async get(collection, ids) {
      const { documents } = named(collections, collection);
      if (ids.length > documentLimits.idsPerGet) throw new RangeError('too many ids in one get');
      const found = new Map<string, StoredDocument>();
      for (const id of ids) {
        const document = documents.get(id);
        if (document !== undefined) found.set(id, document);
      }
      return found;
    },
    async find(collection, query) {
      const { spec, documents } = named(collections, collection);
      const { filter, sort, words, limit, after } = parseQuery(query, spec);
      const found = [];
      for (const { id, body } of documents.values()) {
        if (body === null || !filter.matches(body)) continue;
        if (words !== undefined && !hasWords(textOf(body, spec.text), words)) continue;
        const place = placeIn(id, body, sort);
        if (after === undefined || comparePlaces(place, after, sort) > 0)
          found.push({ place, document: body });
      }
      found.sort((a, b) => comparePlaces(a.place, b.place, sort));
      const items = found
        .slice(0, limit)
        .map(({ place, document }) => ({ id: place.id, document, cursor: cursorOf(place, sort) }));
      return { items, more: found.length > limit };
    },
    scan: async (name, afterId, limit) => scanOf(collections.get(name)?.documents, name, afterId, limit),
  };
}
