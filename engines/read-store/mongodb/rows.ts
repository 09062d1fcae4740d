import type { Binary, Db, ObjectId } from 'mongodb';
import type { Json, JsonObject } from '#domain/kernel/canonical.ts';
import type { DocumentWrite, StoredDocument } from '#domain/kernel/ports/document-store.ts';
import { plainText, textOf, valueAt, wholeNumber, wordsOf } from '../collection.ts';
import { type Collection, fieldOf } from './declared.ts';

type Values = Readonly<Record<string, string | bigint>>;

/** A document as it is stored. */
export interface DocumentRow {
  readonly _id: string;
  readonly key: string;
  readonly position: bigint;
  /** Its JSON as text, which keeps every key, number and depth; missing in a tombstone. */
  readonly body?: string;
  /** What the declared paths are compared and sorted by. */
  readonly s?: Values;
  /** Elements one by one, of those paths at which there is an array. */
  readonly a?: Readonly<Record<string, readonly (string | bigint)[]>>;
  /** The words it is found by. */
  readonly w?: readonly string[];
}

/** A collection goes by a fresh name in the database whenever it is declared, which no other ever has. */
export interface CollectionRow {
  readonly _id: string;
  readonly physical: string;
  readonly spec: string;
  /** Declared paths at which an array was ever written. */
  readonly arrays: readonly string[];
  /** Counts commits, so that of a commit and a drop, or another declaration, one meets the other; 0: nothing was ever in it. */
  readonly writes: number | bigint;
  /** Of the last commit, which no other ever has: a count may be met again in a database that was put back. Missing: of code that left none. */
  readonly mark?: ObjectId;
}

export interface ConsumerRow {
  readonly _id: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly until: number;
  readonly checkpoint?: bigint;
}

/** In which sessions of the server an owner commits. */
export interface OwnerRow {
  readonly _id: string;
  readonly sessions: readonly Binary[];
}

export interface ParkedRow {
  readonly _id: ObjectId;
  readonly consumer: string;
  readonly key: string;
  readonly error: string;
  readonly since: string;
  readonly retry: boolean;
}

export interface WaitingRow {
  readonly _id: ObjectId;
  readonly consumer: string;
  readonly key: string;
  readonly position: bigint;
}

export interface SettingRow {
  readonly _id: string;
  readonly value: string;
  /** The call that wrote it, by which one that is done again knows its own. */
  readonly by: string;
}

export interface SnapshotRow {
  readonly _id: string;
  readonly body: string;
}

export const tablesIn = (db: Db) => ({
  collections: db.collection<CollectionRow>('collections'),
  consumers: db.collection<ConsumerRow>('consumers'),
  owners: db.collection<OwnerRow>('owners'),
  parked: db.collection<ParkedRow>('parked'),
  waiting: db.collection<WaitingRow>('waiting'),
  settings: db.collection<SettingRow>('settings'),
  snapshots: db.collection<SnapshotRow>('snapshots'),
});
export type Tables = ReturnType<typeof tablesIn>;

/** All that stands at a path, also within arrays on the way; undefined where there is no array. */
function elementsAt(body: JsonObject, path: string): readonly Json[] | undefined {
  let hasArray = false;
  let found: Json[] = [body];
  const flat = (values: readonly Json[]): Json[] => {
    if (!values.some(Array.isArray)) return [...values];
    hasArray = true;
    return flat(values.flat() as Json[]);
  };
  for (const name of path.split('.'))
    found = flat(
      found.flatMap((value) => {
        if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return [];
        return [(value as JsonObject)[name] as Json];
      }),
    );
  return hasArray ? found : undefined;
}

/** @throws TypeError for an id that UTF-8 cannot say, and that would become another's */
export function rowOf(
  { id, key, position, body }: Omit<DocumentWrite, 'collection'>,
  collection: Collection,
): DocumentRow {
  if (!id.isWellFormed()) throw new TypeError(`not an id: ${JSON.stringify(id)}`);
  const row = { _id: id, key, position };
  if (body === null) return row;
  const { paths, spec } = collection;
  const s: Record<string, string | bigint> = {};
  const a: Record<string, (string | bigint)[]> = {};
  for (const { path, kind } of paths) {
    const compared = (value: Json | undefined) =>
      kind === 'integer' ? wholeNumber(value) : plainText(value);
    s[fieldOf(collection, path)] = compared(valueAt(body, path));
    const elements = elementsAt(body, path);
    if (elements !== undefined) a[fieldOf(collection, path)] = elements.map(compared);
  }
  const w = [...new Set(wordsOf(textOf(body, spec.text)))];
  return {
    ...row,
    body: JSON.stringify(body),
    s,
    ...(Object.keys(a).length > 0 && { a }),
    ...(w.length > 0 && { w }),
  };
}

export const documentOf = ({ _id, key, position, body }: DocumentRow): StoredDocument => ({
  id: _id,
  key,
  position,
  body: body === undefined ? null : (JSON.parse(body) as JsonObject),
});
