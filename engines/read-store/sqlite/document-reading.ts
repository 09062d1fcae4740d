import type { SQLInputValue } from 'node:sqlite';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { documentLimits, type StoredDocument } from '#domain/kernel/ports/document-store.ts';
import type { Found, Page, Query } from '#domain/kernel/ports/query.ts';
import { cursorOf, type Place, parseQuery } from '../query.ts';
import { Collections } from './collections.ts';
import type { Database, Row } from './database.ts';
import { selectionOf } from './sql.ts';

/** What reads documents. */
export class DocumentReading {
  readonly #database: Database;
  readonly #collections: Collections;

  constructor(database: Database) {
    this.#database = database;
    this.#collections = new Collections(database);
  }

  get(name: string, ids: readonly string[]): ReadonlyMap<string, StoredDocument> {
    const { table } = this.#collections.named(name);
    if (ids.length > documentLimits.idsPerGet) throw new RangeError('too many ids in one get');
    const rows = this.#database.all(
      `SELECT id, key, position, json(body) AS body FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    return new Map(rows.map((row) => [String(row.id), documentOf(row)]));
  }

  scan(name: string, afterId: string | undefined, limit: number): readonly StoredDocument[] {
    const { table } = this.#collections.named(name);
    return this.#database
      .all(
        `SELECT id, key, position, json(body) AS body FROM ${table}
         WHERE body IS NOT NULL AND id > ? ORDER BY id LIMIT ?`,
        afterId ?? '',
        Math.min(limit, documentLimits.scanDocuments),
      )
      .map(documentOf);
  }

  /** Conditions that an index answers are put to SQL; the whole filter is judged on what comes back. */
  find(name: string, query: Query): Page<JsonObject> {
    const { spec, table, arrays } = this.#collections.named(name);
    const parsed = parseQuery(query, spec);
    const { filter, limit, sort } = parsed;
    const items: Found<JsonObject>[] = [];
    const pageRows = filter.empty ? limit + 1 : Math.max(limit + 1, documentLimits.pageDocuments);
    let after = parsed.after;
    for (;;) {
      const { sql, values } = selectionOf(table, { ...parsed, after }, arrays);
      const rows = this.#database.all(sql, ...(values as SQLInputValue[]), pageRows);
      for (const row of rows) {
        const place: Place = {
          id: String(row.id),
          values: sort.map((_, at) => row[`sort_${at}`] as string | bigint),
        };
        after = place;
        const document = JSON.parse(String(row.body)) as JsonObject;
        if (!filter.empty && !filter.matches(document)) continue;
        if (items.length === limit) return { items, more: true };
        items.push({ id: place.id, document, cursor: cursorOf(place, sort) });
      }
      if (rows.length < pageRows) return { items, more: false };
    }
  }
}

const documentOf = (row: Row): StoredDocument => ({
  id: String(row.id),
  key: String(row.key),
  position: row.position as bigint,
  body: row.body === null ? null : (JSON.parse(String(row.body)) as JsonObject),
});
