import { z } from 'zod';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import { type CollectionSpec, documentLimits } from '#domain/kernel/ports/document-store.ts';
import type { Query } from '#domain/kernel/ports/query.ts';
import { compareText, type Kind, kindsOf, plainText, valueAt, wholeNumber, wordsOf } from './collection.ts';
import { invalid, type ParsedFilter, parseFilter } from './filter.ts';

export interface SortKey {
  readonly path: string;
  readonly kind: Kind;
  readonly descending: boolean;
}

/** Where a document stands in a sort: a value for each key, then the id. */
export interface Place {
  readonly values: readonly (string | bigint)[];
  readonly id: string;
}

export interface ParsedQuery {
  readonly filter: ParsedFilter;
  readonly sort: readonly SortKey[];
  /** All must be there, the last may be a beginning; undefined: no search. */
  readonly words: readonly string[] | undefined;
  readonly limit: number;
  readonly after: Place | undefined;
}

/** Checks a query against what the collection declares. @throws RejectedError with `invalid` */
export function parseQuery(query: Query, spec: CollectionSpec): ParsedQuery {
  const kinds = kindsOf(spec);
  const { filter = {}, text, sort = [], limit, after } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > documentLimits.pageDocuments)
    throw invalid('limit', `1 to ${documentLimits.pageDocuments}`);
  const keys = sort.map(({ field, direction }): SortKey => {
    const kind = kinds.get(field);
    if (kind === undefined) throw invalid('sort', `${field} is not declared by an index`);
    return { path: field, kind, descending: direction === 'descending' };
  });
  return {
    filter: parseFilter(filter, kinds),
    sort: keys,
    words: text === undefined ? undefined : searchWords(text, spec),
    limit,
    after: after === undefined ? undefined : placeOf(after, keys),
  };
}

function searchWords(text: string, spec: CollectionSpec): readonly string[] {
  if (spec.text.length === 0) throw invalid('text', 'nothing here is searched by words');
  const words = wordsOf(text);
  if (words.length > documentLimits.textWords) throw invalid('text', 'too many words');
  return words;
}

/** Whether a text has all the words, the last of them as a beginning. No words find nothing. */
export function hasWords(text: string, words: readonly string[]): boolean {
  const there = new Set(wordsOf(text));
  const whole = words.slice(0, -1);
  const last = words.at(-1);
  if (last === undefined) return false;
  return whole.every((word) => there.has(word)) && [...there].some((word) => word.startsWith(last));
}

export const placeIn = (id: string, body: JsonObject, sort: readonly SortKey[]): Place => ({
  id,
  values: sort.map(({ path, kind }) =>
    kind === 'integer' ? wholeNumber(valueAt(body, path)) : plainText(valueAt(body, path)),
  ),
});

export function comparePlaces(a: Place, b: Place, sort: readonly SortKey[]): number {
  for (const [at, key] of sort.entries()) {
    const order = compareValues(a.values[at], b.values[at]);
    if (order !== 0) return key.descending ? -order : order;
  }
  return compareText(a.id, b.id);
}

function compareValues(a: string | bigint | undefined, b: string | bigint | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return a === b ? 0 : a < b ? -1 : 1;
  throw new TypeError('two places of different sorts');
}

/** A cursor says its sort, so that it cannot be used with another. */
const Cursor = z.tuple([z.string(), z.array(z.string()), z.string()]);
const signature = (sort: readonly SortKey[]): string =>
  sort.map(({ path, kind, descending }) => `${path}:${kind}:${descending ? 'd' : 'a'}`).join(',');

export const cursorOf = (place: Place, sort: readonly SortKey[]): string =>
  Buffer.from(JSON.stringify([signature(sort), place.values.map(String), place.id])).toString('base64url');

/** @throws RejectedError with `invalid` for what {@link cursorOf} has not made: it is an input like any other */
function placeOf(cursor: string, sort: readonly SortKey[]): Place {
  if (cursor.length > documentLimits.cursorLength) throw invalid('after', 'not a cursor');
  const read = Cursor.safeParse(jsonOf(Buffer.from(cursor, 'base64url').toString()));
  if (!read.success) throw invalid('after', 'not a cursor');
  const [sorted, values, id] = read.data;
  if (sorted !== signature(sort) || values.length !== sort.length)
    throw invalid('after', 'the cursor belongs to another sort');
  const place = {
    id,
    values: sort.map(({ kind }, at) => (kind === 'text' ? (values[at] ?? '') : wholeNumber(values[at]))),
  };
  // A number beyond those that are stored, or written otherwise, comes out as another text.
  if (cursorOf(place, sort) !== cursor) throw invalid('after', 'not a cursor');
  return place;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
