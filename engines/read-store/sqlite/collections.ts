import { z } from 'zod';
import { type CollectionSpec, NoSuchCollectionError } from '#domain/kernel/ports/document-store.ts';
import { kindsOf, specFrom } from '../collection.ts';
import type { Database } from './database.ts';

const Paths = z.array(z.string());

/** A collection as it was declared. */
export interface Collection {
  readonly spec: CollectionSpec;
  /** The spec as it is kept. */
  readonly declared: string;
  /** In SQL a collection goes by its number alone. */
  readonly table: string;
  readonly paths: readonly string[];
  /** Declared paths at which an array was ever written: their index cannot find single elements. */
  readonly arrays: Set<string>;
}

/** The collections of a database, by name. */
export class Collections {
  readonly #database: Database;
  readonly #known = new Map<string, Collection>();

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Looked up each time, because another connection may have dropped it, declared it anew or written the first array at a path.
   *
   * @throws NoSuchCollectionError
   */
  named(name: string): Collection {
    const row = this.#database.one('SELECT id, spec, arrays FROM collections WHERE name = ?', name);
    if (row === undefined) throw new NoSuchCollectionError(name);
    const table = `documents_${String(row.id)}`;
    const known = this.#known.get(name);
    const declared = String(row.spec);
    const arrays = Paths.parse(JSON.parse(String(row.arrays)));
    if (known?.table === table && known.declared === declared && known.arrays.size === arrays.length)
      return known;
    const spec = specFrom(declared);
    const collection = { spec, declared, table, paths: [...kindsOf(spec).keys()], arrays: new Set(arrays) };
    this.#known.set(name, collection);
    return collection;
  }

  /** It was changed; what is known of it may be wrong. */
  forget(name: string): void {
    this.#known.delete(name);
  }
}
