import type { Json } from '#domain/kernel/canonical.ts';
import { unknownFields } from '#domain/zod/problems.ts';

/** Where an input does not fit, and how. */
export interface Unfit {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** Half a surrogate pair, which no encoding can carry, or a control character that is neither tab nor line break. */
const UNWRITABLE = /(?![\t\n\r])[\p{Cs}\p{Cc}]/u;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function look(given: unknown, read: Json | undefined, path: PropertyKey[], found: Unfit[]): void {
  if (typeof read === 'string' && UNWRITABLE.test(read))
    found.push({ path, message: 'text with half a character or a control character in it' });
  // A codec may read another kind of value than it was given; then there are no fields to compare.
  if (!isObject(given) || !isObject(read) || Array.isArray(given) !== Array.isArray(read)) return;
  for (const field of Object.keys(given)) {
    if (Object.hasOwn(read, field)) look(given[field], read[field] as Json, [...path, field], found);
    else found.push({ path, message: unknownFields([field]) });
  }
}

/**
 * What the schema of a command lets pass and a command must not carry. Schemas that events share tolerate fields they do not
 * know, by dropping them; whoever sends a command has to learn that what they said was not heard, at whatever depth.
 *
 * @param given the data as it came
 * @param read what its schema made of it, written as JSON again; only as deep as the schema is
 */
export function unfit(given: unknown, read: Json): readonly Unfit[] {
  const found: Unfit[] = [];
  look(given, read, [], found);
  return found;
}
