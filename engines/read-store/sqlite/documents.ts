import { createHash } from 'node:crypto';
import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import {
  type CollectionSpec,
  NoSuchCollection,
  readStoreLimits,
  type StoredDocument,
} from '#domain/kernel/ports/read-store.ts';
import type { Found, Page, Query } from '#domain/kernel/ports/views.ts';
import { kindsOf, textOf, validCollection, wordsOf } from '../collection.ts';
import { cursorOf, type Place, parseQuery } from '../query.ts';
import type { Database, Row } from './database.ts';
import { expressionOf, selectionOf } from './sql.ts';
import type { TextWrite } from './wire.ts';

const Spec = z.object({
  name: z.string(),
  indexes: z.array(
    z.object({
      name: z.string(),
      fields: z.array(z.object({ path: z.string(), as: z.enum(['text', 'integer']) })),
    }),
  ),
  text: z.array(z.string()),
});
const Paths = z.array(z.string());

interface Collection {
  readonly spec: CollectionSpec;
  /** In SQL a collection goes by its number alone. */
  readonly table: string;
  readonly paths: readonly string[];
  /** Declared paths at which an array was ever written: their index cannot find single elements. */
  readonly arrays: Set<string>;
}

/** Documents as jsonb in one table for each collection, with indexes on expressions and words in FTS5. */
export class Documents {
  readonly #database: Database;
  readonly #known = new Map<string, Collection>();

  constructor(database: Database) {
    this.#database = database;
  }

  declare(given: CollectionSpec): void {
    const spec = validCollection(given);
    const text = JSON.stringify(spec);
    this.#database.transaction(() => {
      const there = this.#database.one('SELECT id, spec FROM collections WHERE name = ?', spec.name);
      if (there?.spec === text) return;
      if (there === undefined) this.#create(spec, text);
      else this.#change(Number(there.id), spec, text);
    });
    this.#known.delete(spec.name);
  }

  #create(spec: CollectionSpec, text: string): void {
    const database = this.#database;
    database.run('INSERT INTO collections (name, spec) VALUES (?, ?)', spec.name, text);
    const id = Number(database.one('SELECT id FROM collections WHERE name = ?', spec.name)?.id);
    database.execute(`CREATE TABLE documents_${id} (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      key TEXT NOT NULL, position INTEGER NOT NULL, body BLOB, words TEXT) STRICT`);
    if (spec.text.length > 0) this.#indexWords(id);
    this.#index(id, spec);
  }

  /** The words follow the documents by triggers, and only when they change. */
  #indexWords(id: number): void {
    this.#database.execute(`
      CREATE VIRTUAL TABLE words_${id} USING fts5(words, content='', contentless_delete=1, tokenize='unicode61');
      CREATE TRIGGER words_${id}_insert AFTER INSERT ON documents_${id} WHEN new.words IS NOT NULL BEGIN
        INSERT INTO words_${id}(rowid, words) VALUES (new.number, new.words); END;
      CREATE TRIGGER words_${id}_update AFTER UPDATE OF words ON documents_${id} WHEN new.words IS NOT old.words BEGIN
        DELETE FROM words_${id} WHERE rowid = old.number;
        INSERT INTO words_${id}(rowid, words) SELECT new.number, new.words WHERE new.words IS NOT NULL; END;`);
  }

  #index(id: number, spec: CollectionSpec): void {
    for (const { fields } of spec.indexes) {
      const expressions = fields.map(({ path, as }) => expressionOf(path, as)).join(', ');
      const name = createHash('sha256').update(expressions).digest('hex').slice(0, 16);
      this.#database.execute(`CREATE INDEX IF NOT EXISTS documents_${id}_${name}
        ON documents_${id} (${expressions}, id) WHERE body IS NOT NULL`);
    }
  }

  /** Another declaration of the same collection: its indexes are made again, its documents stay. */
  #change(id: number, spec: CollectionSpec, text: string): void {
    const database = this.#database;
    for (const { name } of database.all(
      `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`,
      `documents_${id}`,
    ))
      database.execute(`DROP INDEX "${String(name)}"`);
    this.#index(id, spec);
    database.execute(`DROP TRIGGER IF EXISTS words_${id}_insert; DROP TRIGGER IF EXISTS words_${id}_update;
      DROP TABLE IF EXISTS words_${id}`);
    if (spec.text.length > 0) this.#indexWords(id);
    database.run('UPDATE collections SET spec = ? WHERE id = ?', text, id);
    const rows = database.all(
      `SELECT number, json(body) AS body FROM documents_${id} WHERE body IS NOT NULL`,
    );
    database.run(`UPDATE documents_${id} SET words = NULL`);
    const arrays = new Set<string>();
    for (const { number, body } of rows) {
      const document = JSON.parse(String(body)) as JsonObject;
      noteArrays(document, [...kindsOf(spec).keys()], arrays);
      database.run(
        `UPDATE documents_${id} SET words = ? WHERE number = ?`,
        wordsIn(document, spec),
        number as bigint,
      );
    }
    database.run('UPDATE collections SET arrays = ? WHERE id = ?', JSON.stringify([...arrays]), id);
  }

  drop(name: string): void {
    this.#database.transaction(() => {
      const id = this.#database.one('SELECT id FROM collections WHERE name = ?', name)?.id;
      if (id === undefined) return;
      this.#database.run('DELETE FROM collections WHERE name = ?', name);
      this.#database.execute(`DROP TABLE documents_${String(id)}; DROP TABLE IF EXISTS words_${String(id)}`);
    });
    this.#known.delete(name);
  }

  dropAll(): void {
    for (const { name } of this.#database.all('SELECT name FROM collections')) this.drop(String(name));
  }

  /** Looked up each time, because another process may have dropped it or written the first array at a path. */
  #collection(name: string): Collection {
    const row = this.#database.one('SELECT id, spec, arrays FROM collections WHERE name = ?', name);
    if (row === undefined) throw new NoSuchCollection(name);
    const table = `documents_${String(row.id)}`;
    const known = this.#known.get(name);
    const arrays = Paths.parse(JSON.parse(String(row.arrays)));
    if (known?.table === table && known.arrays.size === arrays.length) return known;
    const spec = Spec.parse(JSON.parse(String(row.spec)));
    const collection = { spec, table, paths: [...kindsOf(spec).keys()], arrays: new Set(arrays) };
    this.#known.set(name, collection);
    return collection;
  }

  get(name: string, ids: readonly string[]): ReadonlyMap<string, StoredDocument> {
    const { table } = this.#collection(name);
    if (ids.length > readStoreLimits.idsPerGet) throw new RangeError('too many ids in one get');
    const rows = this.#database.all(
      `SELECT id, key, position, json(body) AS body FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    return new Map(rows.map((row) => [String(row.id), documentOf(row)]));
  }

  scan(name: string, afterId: string | undefined, limit: number): readonly StoredDocument[] {
    const { table } = this.#collection(name);
    return this.#database
      .all(
        `SELECT id, key, position, json(body) AS body FROM ${table}
         WHERE body IS NOT NULL AND id > ? ORDER BY id LIMIT ?`,
        afterId ?? '',
        Math.min(limit, readStoreLimits.scanDocuments),
      )
      .map(documentOf);
  }

  /** Inside a transaction of the caller. */
  write(writes: Iterable<TextWrite>): void {
    const collections = new Map<string, Collection>();
    for (const { collection: name, id, key, position, body } of writes) {
      const collection = collections.get(name) ?? this.#collection(name);
      collections.set(name, collection);
      this.#database.run(
        `INSERT INTO ${collection.table} (id, key, position, body, words) VALUES (?, ?, ?, jsonb(?), ?)
         ON CONFLICT (id) DO UPDATE SET key = excluded.key, position = excluded.position, body = excluded.body,
           words = excluded.words WHERE excluded.position > position`,
        id,
        key,
        position,
        body,
        body === null ? null : this.#wordsOf(collection, body),
      );
    }
  }

  /** What the document is found by. Only a collection that can be searched at all has its documents read for it. */
  #wordsOf(collection: Collection, body: string): string | null {
    const { paths, spec } = collection;
    if (paths.length === 0 && spec.text.length === 0) return null;
    const document = JSON.parse(body) as JsonObject;
    this.#noteArrays(collection, document);
    return wordsIn(document, spec);
  }

  #noteArrays({ spec, paths, arrays }: Collection, body: JsonObject): void {
    const before = arrays.size;
    noteArrays(body, paths, arrays);
    if (arrays.size === before) return;
    this.#database.run(
      'UPDATE collections SET arrays = ? WHERE name = ?',
      JSON.stringify([...arrays]),
      spec.name,
    );
    // Should the transaction be rolled back, the next look-up must not believe this.
    this.#known.delete(spec.name);
  }

  /** Conditions that an index answers are put to SQL; the whole filter is judged on what comes back. */
  find(name: string, query: Query): Page<JsonObject> {
    const { spec, table, arrays } = this.#collection(name);
    const parsed = parseQuery(query, spec);
    const { filter, limit, sort } = parsed;
    const items: Found<JsonObject>[] = [];
    const pageRows = filter.empty ? limit + 1 : Math.max(limit + 1, readStoreLimits.pageDocuments);
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

const wordsIn = (body: JsonObject, spec: CollectionSpec): string | null =>
  spec.text.length === 0 ? null : wordsOf(textOf(body, spec.text)).join(' ');

function noteArrays(body: JsonObject, paths: readonly string[], arrays: Set<string>): void {
  for (const path of paths) if (!arrays.has(path) && hasArray(body, path.split('.'))) arrays.add(path);
}

function hasArray(body: JsonObject, names: readonly string[]): boolean {
  let value: unknown = body;
  for (const name of names) {
    if (value === null || typeof value !== 'object') return false;
    value = (value as Readonly<Record<string, unknown>>)[name];
    if (Array.isArray(value)) return true;
  }
  return false;
}
