/** A bucket is split before it holds more than about this many on average. */
const PER_BUCKET = 32;

type Bucket<V> = readonly (readonly [id: string, value: V])[];

/**
 * Names with something known of each, as plain data that nobody changes: a new name copies one bucket and the list of
 * buckets, so that a state may remember ten thousand of them and an event costs no more than when there were ten. The same
 * names give the same table, in whatever order they came.
 */
export interface IdTable<V> {
  readonly size: number;
  /** As many as a power of two; each in order of its names. */
  readonly buckets: readonly Bucket<V>[];
}

/** FNV-1a in 32 bits: spreads names that differ in their last characters only. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

export const emptyTable: IdTable<never> = { size: 0, buckets: [[]] };

export function valueIn<V>({ buckets }: IdTable<V>, id: string): V | undefined {
  for (const [name, value] of buckets[hashOf(id) & (buckets.length - 1)] ?? []) if (name === id) return value;
  return undefined;
}

function put<V>(bucket: Bucket<V>, id: string, value: V): Bucket<V> {
  const at = bucket.findIndex(([name]) => name >= id);
  const entry = [id, value] as const;
  if (at < 0) return [...bucket, entry];
  return bucket.toSpliced(at, bucket[at]?.[0] === id ? 1 : 0, entry);
}

function doubled<V>(buckets: readonly Bucket<V>[]): readonly Bucket<V>[] {
  const upper = ([id]: Bucket<V>[number]): boolean => (hashOf(id) & buckets.length) !== 0;
  return [
    ...buckets.map((bucket) => bucket.filter((entry) => !upper(entry))),
    ...buckets.map((bucket) => bucket.filter(upper)),
  ];
}

/** The table with this value for the name, in place of the one it had. */
export function withValue<V>({ size, buckets }: IdTable<V>, id: string, value: V): IdTable<V> {
  const index = hashOf(id) & (buckets.length - 1);
  const before = buckets[index] ?? [];
  const after = put(before, id, value);
  const changed = buckets.with(index, after);
  const grown = size + after.length - before.length;
  return { size: grown, buckets: grown > changed.length * PER_BUCKET ? doubled(changed) : changed };
}
