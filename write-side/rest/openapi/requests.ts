import type { JsonObject } from '#domain/kernel/canonical.ts';
import { type JsonSchema, referenceOf } from '#domain/kernel/json-schema.ts';
import { toComponent } from './json.ts';

// Requests are strict at every depth, though the schemas they share with events are tolerant: the pipeline refuses fields
// that nobody would hear. Here the same is said to whoever reads the description.

type Schemas = Readonly<Record<string, JsonSchema>>;

/** The name under which a shared schema that holds an object is asked for; texts and numbers are the same everywhere. */
const inputName = (name: string): string => `${name}Input`;

const parts = (schema: JsonSchema): readonly JsonSchema[] => [
  ...Object.values(schema.properties ?? {}),
  ...(schema.items === undefined ? [] : [schema.items]),
  ...(schema.anyOf ?? []),
  ...(schema.oneOf ?? []),
];

function holdsObject(schema: JsonSchema, $defs: Schemas): boolean {
  const shared = referenceOf(schema);
  if (shared !== undefined) return holdsObject($defs[shared] ?? {}, $defs);
  return schema.type === 'object' || parts(schema).some((part) => holdsObject(part, $defs));
}

/** Schemas of requests, and the components they lead to. */
export interface Requests {
  /** The component of a request's body: the schema, and closed to fields that it does not name. */
  component(schema: JsonSchema): JsonObject;
  /** What the components so far refer to beside the shared schemas, by name. */
  shared(): readonly (readonly [name: string, component: JsonObject])[];
}

export function requestsOver($defs: Schemas): Requests {
  const named = new Map<string, JsonSchema>();

  function closed(schema: JsonSchema): JsonSchema {
    const shared = referenceOf(schema);
    if (shared !== undefined) {
      const definition = $defs[shared] ?? {};
      if (!holdsObject(definition, $defs)) return schema;
      const name = inputName(shared);
      if (!named.has(name)) named.set(name, closed(definition));
      return { ...schema, $ref: `#/$defs/${name}` };
    }
    const { properties, items, anyOf, oneOf } = schema;
    const each = (all: Schemas): Schemas =>
      Object.fromEntries(Object.entries(all).map(([name, part]) => [name, closed(part)]));
    return {
      ...schema,
      // Where any field is meant, any is taken.
      ...(schema.type === 'object' &&
        typeof schema.additionalProperties !== 'object' && { additionalProperties: false }),
      ...(properties && { properties: each(properties) }),
      ...(items && { items: closed(items) }),
      ...(anyOf && { anyOf: anyOf.map(closed) }),
      ...(oneOf && { oneOf: oneOf.map(closed) }),
    };
  }

  return {
    component: (schema) => toComponent(closed(schema)),
    shared: () => [...named].map(([name, schema]) => [name, toComponent(schema)] as const),
  };
}
