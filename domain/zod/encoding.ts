import type { z } from 'zod';

/**
 * The JSON that `schema.encode` makes of a value that has just passed the schema, or whose JSON is about to be read by it:
 * without the checks, which reading makes as well. `encode` goes through every part that has a check twice, and costs
 * several times what reading does.
 *
 * @throws z.ZodError for a value of another shape
 */
export function encodeUnchecked<S extends z.ZodType>(schema: S, value: unknown): z.input<S> {
  // A context of its own for each run: schemas that refer to themselves keep notes in it.
  const made = schema._zod.run(
    { value, issues: [] },
    { direction: 'backward', async: false, skipChecks: true },
  );
  // It says what is wrong in its own words.
  if (made instanceof Promise || made.issues.length > 0) return schema.encode(value as z.output<S>);
  return made.value as z.input<S>;
}

/**
 * What `schema.encode` makes, by the shorter way: written, and read once to see that it fits. `data`: what the reading gave.
 *
 * @throws z.ZodError when the value does not fit
 */
export function encodeAndDecode<S extends z.ZodType>(
  schema: S,
  value: unknown,
): { readonly json: z.input<S>; readonly data: z.output<S> } {
  const json = encodeUnchecked(schema, value);
  return { json, data: schema.decode(json) };
}

// Zod types what a schema takes. What comes from a file, a socket or another declaration is unknown until the schema has read
// it, and a declaration that is looked up by name has lost its types: this is the one place that says so.

/** @throws z.ZodError when the JSON does not fit */
export const decode = <S extends z.ZodType>(schema: S, json: unknown): z.output<S> =>
  schema.decode(json as z.input<S>);

export const safeDecode = <S extends z.ZodType>(
  schema: S,
  json: unknown,
): z.ZodSafeParseResult<z.output<S>> => schema.safeDecode(json as z.input<S>);

/** @throws z.ZodError when the value does not fit */
export const encode = <S extends z.ZodType>(schema: S, value: unknown): z.input<S> =>
  schema.encode(value as z.output<S>);

export const safeEncode = <S extends z.ZodType>(
  schema: S,
  value: unknown,
): z.ZodSafeParseResult<z.input<S>> => schema.safeEncode(value as z.output<S>);
