import { createHash } from 'node:crypto';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { CollectionSpec } from '#domain/kernel/ports/document-store.ts';
import { kindsOf, textOf, validCollection, wordsOf } from '../collection.ts';
import { type Collection, Collections } from './collections.ts';
import type { Database } from './database.ts';
import { expressionOf } from './sql.ts';
import type { TextWrite } from './wire.ts';

/**
 * What changes documents: jsonb in one table for each collection, with indexes on expressions and words in FTS5. Of what
 * queries need it loads nothing, since it works in a thread of its own.
 */
export class DocumentWriting {
  readonly #database: Database;
  readonly #collections: Collections;

  constructor(database: Database) {
    this.#database = database;
    this.#collections = new Collections(database);
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
    this.#collections.forget(spec.name);
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
    this.#collections.forget(name);
  }

  dropAll(): void {
    for (const { name } of this.#database.all('SELECT name FROM collections')) this.drop(String(name));
  }

  /** Inside a transaction of the caller. */
  write(writes: Iterable<TextWrite>): void {
    const collections = new Map<string, Collection>();
    for (const { collection: name, id, key, position, body } of writes) {
      const collection = collections.get(name) ?? this.#collections.named(name);
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
    this.#collections.forget(spec.name);
  }
}

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
