import type { Document } from 'mongodb';
import type { Bound } from '../filter.ts';
import type { ParsedQuery, Place, SortKey } from '../query.ts';
import { type Collection, fieldOf } from './declared.ts';

const sortField = (collection: Collection, path: string): string => `s.${fieldOf(collection, path)}`;

/** What an index answers of a query. All that was found is judged once more by the whole filter. */
export function selectionOf({ filter, words, after, sort }: ParsedQuery, collection: Collection): Document {
  return {
    $and: [
      { body: { $exists: true } },
      ...filter.bounds.map((bound) => boundOf(bound, collection)),
      ...(words === undefined ? [] : [wordsFound(words)]),
      ...(after === undefined ? [] : [behind(after, sort, 0, collection)]),
    ],
  };
}

/** Where an array was ever written, any element of it will do. */
function boundOf({ path, operator, values }: Bound, collection: Collection): Document {
  const condition = { [operator]: operator === '$in' ? values : values[0] };
  const compared = { [sortField(collection, path)]: condition };
  if (!collection.arrays.has(path)) return compared;
  return { $or: [compared, { [`a.${fieldOf(collection, path)}`]: condition }] };
}

/** Words are letters and digits, so that nothing of them is read as a pattern's language. */
const wordsFound = (words: readonly string[]): Document => ({
  $and: words.map((word, at) => ({ w: at === words.length - 1 ? new RegExp(`^${word}`) : word })),
});

/** Whatever comes behind a place. The outer bound says the same as the inner ones and lets an index begin there. */
function behind(place: Place, sort: readonly SortKey[], at: number, collection: Collection): Document {
  const key = sort[at];
  if (key === undefined) return { _id: { $gt: place.id } };
  const field = sortField(collection, key.path);
  const value = place.values[at];
  const operator = key.descending ? '$lt' : '$gt';
  return {
    $and: [
      { [field]: { [`${operator}e`]: value } },
      {
        $or: [
          { [field]: { [operator]: value } },
          { $and: [{ [field]: value }, behind(place, sort, at + 1, collection)] },
        ],
      },
    ],
  };
}

/** An order is a document of its fields: one that is named twice keeps its first direction, which decides. */
export function orderOf(sort: readonly SortKey[], collection: Collection): Record<string, 1 | -1> {
  const order: Record<string, 1 | -1> = {};
  for (const { path, descending } of sort) order[sortField(collection, path)] ??= descending ? -1 : 1;
  return { ...order, _id: 1 };
}
