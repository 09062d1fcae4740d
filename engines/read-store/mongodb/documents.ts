import type { ClientSession, Db } from 'mongodb';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import {
  type DocumentStore,
  documentLimits,
  type StoredDocument,
} from '#domain/kernel/ports/document-store.ts';
import type { Found, Page, Query } from '#domain/kernel/ports/query.ts';
import { cursorOf, type Place, parseQuery } from '../query.ts';
import type { Collections } from './collections.ts';
import type { Connection } from './connection.ts';
import { type Collection, fieldOf } from './declared.ts';
import { documentsOf } from './declaring.ts';
import { documentOf } from './rows.ts';
import { orderOf, selectionOf } from './selection.ts';

export async function scanOf(
  db: Db,
  collection: Collection,
  afterId: string | undefined,
  limit: number,
  session?: ClientSession,
): Promise<readonly StoredDocument[]> {
  const most = Math.min(limit, documentLimits.scanDocuments);
  const rows = await documentsOf(db, collection)
    .find({ body: { $exists: true }, _id: { $gt: afterId ?? '' } }, session && { session })
    .sort({ _id: 1 })
    .limit(most)
    .batchSize(most)
    .toArray();
  return rows.map(documentOf);
}

/** Conditions that an index answers are put to the server; the whole filter is judged on what comes back. */
async function findIn(db: Db, collection: Collection, query: Query): Promise<Page<JsonObject>> {
  const parsed = parseQuery(query, collection.spec);
  const { filter, limit, sort, words } = parsed;
  const items: Found<JsonObject>[] = [];
  if (words?.length === 0) return { items, more: false };
  const pageRows = filter.empty ? limit + 1 : Math.max(limit + 1, documentLimits.pageDocuments);
  let after = parsed.after;
  for (;;) {
    const rows = await documentsOf(db, collection)
      .find(selectionOf({ ...parsed, after }, collection), { projection: { body: 1, s: 1 } })
      .sort(orderOf(sort, collection))
      .limit(pageRows)
      .batchSize(pageRows)
      .toArray();
    for (const { _id: id, body, s } of rows) {
      const place: Place = { id, values: sort.map(({ path }) => s?.[fieldOf(collection, path)] ?? '') };
      after = place;
      const document = JSON.parse(body ?? '{}') as JsonObject;
      if (!filter.empty && !filter.matches(document)) continue;
      if (items.length === limit) return { items, more: true };
      items.push({ id, document, cursor: cursorOf(place, sort) });
    }
    if (rows.length < pageRows) return { items, more: false };
  }
}

export const mongoDocuments = ({ db, ask }: Connection, collections: Collections): DocumentStore => ({
  declare: collections.declare,
  drop: collections.drop,
  get: (name, ids) =>
    ask(() =>
      collections.reading(name, async (collection) => {
        if (ids.length > documentLimits.idsPerGet) throw new RangeError('too many ids in one get');
        const found = documentsOf(db, collection).find({
          _id: { $in: ids.filter((id) => id.isWellFormed()) },
        });
        const rows = await found.batchSize(documentLimits.idsPerGet).toArray();
        return new Map(rows.map((row) => [row._id, documentOf(row)]));
      }),
    ),
  find: (name, query) => ask(() => collections.reading(name, (collection) => findIn(db, collection, query))),
  scan: (name, afterId, limit) =>
    ask(() => collections.reading(name, (collection) => scanOf(db, collection, afterId, limit))),
});
