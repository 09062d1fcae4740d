import { z } from 'zod';
import type { Owned } from './message.ts';
import type { Registry } from './registry.ts';

/**
 * JSON Schema 2020-12 as zod prints it: the keywords that OpenAPI and the GraphQL printer read. A field's marks (`secret`,
 * `personal`, `capability`) stand beside its other keywords, also next to a `$ref`.
 */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean | null;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly secret?: boolean;
  readonly personal?: boolean;
  readonly capability?: boolean;
  /** Whose it is, where it is marked. */
  readonly owned?: Owned;
  readonly [keyword: string]: unknown;
}

/** Some schemas by name, and what they share by the `id` of its meta; `$ref`s read `#/$defs/<id>`. */
export interface JsonSchemas<Name extends string = string> {
  readonly schemas: Readonly<Record<Name, JsonSchema>>;
  readonly $defs: Readonly<Record<string, JsonSchema>>;
}

const REF = '#/$defs/';
/** Any JSON value. zod numbers such schemas in the order it meets them; here all of them are one. */
const ANY_JSON = 'Json';

type Plain = { [keyword: string]: unknown };
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same schema with every `$ref` renamed; a property may itself be called `$ref`, its value is then no string. */
function mapRefs(schema: unknown, rename: (ref: string) => string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => mapRefs(item, rename));
  if (!isPlain(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    key === '$ref' && typeof value === 'string' ? rename(value) : mapRefs(value, rename),
  ]);
  return Object.fromEntries(entries);
}

/** The same schemas for a document that keeps what is shared elsewhere: `#/components/schemas/` in OpenAPI. */
export const withReferences = (schema: JsonSchema, prefix: string): JsonSchema =>
  mapRefs(schema, (ref) => (ref.startsWith(REF) ? prefix + ref.slice(REF.length) : ref)) as JsonSchema;

/** The name of the shared schema that a `$ref` points at; undefined when the schema is not one. */
export const referenceOf = (schema: JsonSchema): string | undefined =>
  schema.$ref?.startsWith(REF) ? schema.$ref.slice(REF.length) : undefined;

/** A schema that zod has no name for is only ever a recursive one, and `z.json()` is the one kind in use. */
function assertAnyJson(name: string, schema: JsonSchema): void {
  const kinds = (schema.anyOf ?? []).map((option) => option.type);
  if (kinds.join() !== 'string,number,boolean,null,array,object')
    throw new TypeError(`${name} is recursive and has no id: give it one by .meta({ id })`);
}

/**
 * Describes schemas as they read and write JSON (the *input* side of every codec: amounts are decimal strings).
 * @throws when two different schemas carry the same `id`, or a schema cannot be said in JSON Schema.
 */
export function jsonSchemas<Name extends string>(
  named: Readonly<Record<Name, z.ZodType>>,
): JsonSchemas<Name> {
  const printed = z.toJSONSchema(z.object(named), { io: 'input', target: 'draft-2020-12', reused: 'inline' });
  const shared = Object.entries((printed.$defs ?? {}) as Record<string, JsonSchema>);
  const anonymous = new Set(shared.map(([name]) => name).filter((name) => name.startsWith('__schema')));
  const rename = (ref: string) => (anonymous.has(ref.slice(REF.length)) ? REF + ANY_JSON : ref);
  const $defs: Record<string, JsonSchema> = {};
  for (const [name, schema] of shared) {
    if (anonymous.has(name)) assertAnyJson(name, schema);
    $defs[anonymous.has(name) ? ANY_JSON : name] = mapRefs(schema, rename) as JsonSchema;
  }
  return { schemas: mapRefs(printed.properties ?? {}, rename) as Record<Name, JsonSchema>, $defs };
}

/** Every message of the registry as JSON Schema: one conversion, so that all kinds share the same definitions. */
export interface MessageSchemas {
  /** A command's data, by its type. */
  readonly commands: Readonly<Record<string, JsonSchema>>;
  /** A rejection's details, by its code. */
  readonly rejections: Readonly<Record<string, JsonSchema>>;
  /** An event's data, by its type; what is secret is marked, not left out. */
  readonly events: Readonly<Record<string, JsonSchema>>;
  readonly $defs: Readonly<Record<string, JsonSchema>>;
}

const converted = new WeakMap<Registry, MessageSchemas>();

function convert(registry: Registry): MessageSchemas {
  const kinds = {
    commands: [...registry.commands].map(([type, { command }]) => [type, command.schema] as const),
    rejections: [...registry.rejections].map(([code, { schema }]) => [code, schema] as const),
    events: [...registry.events].map(([type, { schema }]) => [type, schema] as const),
  };
  const named = Object.entries(kinds).flatMap(([kind, messages]) =>
    messages.map(([name, schema]) => [`${kind}.${name}`, schema] as const),
  );
  const { schemas, $defs } = jsonSchemas(Object.fromEntries(named));
  const of = (kind: keyof typeof kinds): Record<string, JsonSchema> =>
    Object.fromEntries(kinds[kind].map(([name]) => [name, schemas[`${kind}.${name}`] ?? {}]));
  return { commands: of('commands'), rejections: of('rejections'), events: of('events'), $defs };
}

/** The registry's messages as JSON Schema; converted once. @throws as {@link jsonSchemas} */
export function messageSchemas(registry: Registry): MessageSchemas {
  const known = converted.get(registry);
  if (known !== undefined) return known;
  const schemas = convert(registry);
  converted.set(registry, schemas);
  return schemas;
}
