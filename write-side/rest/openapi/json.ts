import type { JsonObject } from '#domain/kernel/canonical.ts';
import { type JsonSchema, withReferences } from '#domain/kernel/json-schema.ts';
import { marks } from '#domain/kernel/message.ts';

// How schemas stand in the document.

const COMPONENTS = '#/components/schemas/';
export const ref = (name: string) => ({ $ref: COMPONENTS + name });

/** Keywords that JSON Schema does not know carry a prefix, as OpenAPI asks of whoever adds some. */
const OWN: Readonly<Record<string, string>> = Object.fromEntries(marks.map((mark) => [mark, `x-${mark}`]));

type Plain = { readonly [keyword: string]: unknown };
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whose something marked is: said to those who hand it out, and to nobody outside. */
const isOwned = (key: string, value: unknown): boolean =>
  key === 'owned' && isPlain(value) && typeof value.owner === 'string';

function prefixed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(prefixed);
  if (!isPlain(schema)) return schema;
  // A property may itself have the name of a keyword; its value is then no flag.
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isOwned(key, value))
      .map(([key, value]) =>
        value === true && OWN[key] !== undefined ? [OWN[key], value] : [key, prefixed(value)],
      ),
  );
}

export const toComponent = (schema: JsonSchema): JsonObject =>
  prefixed(withReferences(schema, COMPONENTS)) as JsonObject;

/**
 * A component that holds values of its own kind, in itself any value: the same JSON fits, and generators that write types as
 * `components['schemas'][…]` cannot write one that names itself.
 */
export function withoutItself(name: string, component: JsonObject): JsonObject {
  const open = JSON.stringify(component).replaceAll(JSON.stringify(ref(name)), '{}');
  return JSON.parse(open) as JsonObject;
}

/** One of several, told apart by the value of one field. */
export function oneOf(
  property: string,
  names: readonly (readonly [value: string, name: string])[],
): JsonObject {
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return ref(only[1]);
  const mapping = Object.fromEntries(names.map(([value, name]) => [value, COMPONENTS + name]));
  return { oneOf: names.map(([, name]) => ref(name)), discriminator: { propertyName: property, mapping } };
}

export const jsonOf = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } });
