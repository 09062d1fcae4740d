import { z } from 'zod';
import type { Json, JsonObject } from '#domain/kernel/canonical.ts';
import type { CollectionSpec } from '#domain/kernel/ports/document-store.ts';

/** How a field is compared: texts by their UTF-8, whole numbers (also those kept as decimal strings) by value. */
export type Kind = CollectionSpec['indexes'][number]['fields'][number]['as'];

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:@#-]{0,127}$/;
const PATH = /^[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,7}$/;

/** Whether a path may be looked up, and stand in SQL: names of letters, digits and `_`, joined by dots. */
export const isPath = (path: string): boolean => PATH.test(path);

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

/** A declaration as an engine keeps it, by `JSON.stringify`. @throws z.ZodError for what is none */
export const specFrom = (kept: string): CollectionSpec => Spec.parse(JSON.parse(kept));

/** @throws TypeError for a name or a path that no engine takes. */
export function validCollection(spec: CollectionSpec): CollectionSpec {
  if (!NAME.test(spec.name)) throw new TypeError(`not a collection's name: ${spec.name}`);
  const kinds = new Map<string, Kind>();
  for (const index of spec.indexes) {
    if (!NAME.test(index.name)) throw new TypeError(`not an index's name: ${index.name}`);
    if (index.fields.length === 0) throw new TypeError(`the index ${index.name} has no field`);
    for (const { path, as } of index.fields) {
      if (!isPath(path)) throw new TypeError(`not a path: ${path}`);
      if ((kinds.get(path) ?? as) !== as) throw new TypeError(`${path} is both text and integer`);
      kinds.set(path, as);
    }
  }
  for (const path of spec.text) if (!isPath(path)) throw new TypeError(`not a path: ${path}`);
  return spec;
}

/** The declared paths, each with the way it is compared. */
export const kindsOf = (spec: CollectionSpec): ReadonlyMap<string, Kind> =>
  new Map(spec.indexes.flatMap((index) => index.fields.map(({ path, as }) => [path, as] as const)));

/** What stands at a path; undefined when there is nothing, or an array on the way. */
export function valueAt(body: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = body;
  for (const name of path.split('.')) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
    const object = value as JsonObject;
    value = Object.hasOwn(object, name) ? object[name] : undefined;
  }
  return value;
}

/** The order of UTF-8, which is SQLite's too. UTF-16 only differs from it where surrogates are about. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (BEYOND.test(a) || BEYOND.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
const BEYOND = /[\ud800-\uffff]/;

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** As SQLite casts: a missing value sorts before every other. */
export function wholeNumber(value: unknown): bigint {
  if (typeof value === 'bigint') return clamped(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return clamped(Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n);
  if (typeof value !== 'string') return LEAST;
  const digits = /^\s*([+-]?\d+)/.exec(value)?.[1];
  return clamped(digits === undefined ? 0n : BigInt(digits));
}

function clamped(number: bigint): bigint {
  if (number < LEAST) return LEAST;
  return number > MOST ? MOST : number;
}

/** As SQLite casts: a missing value sorts before every other. */
export function plainText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** All that is searched in a document, as one text. */
export const textOf = (body: JsonObject, paths: readonly string[]): string =>
  paths
    .flatMap((path) => {
      const value = valueAt(body, path);
      return Array.isArray(value) ? value : [value ?? ''];
    })
    .filter((value) => typeof value === 'string')
    .join('\n');

/** The words of a text: lower case, without accents, letters and digits only. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];
