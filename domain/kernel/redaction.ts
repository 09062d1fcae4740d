import type { JsonObject } from './canonical.ts';
import { type JsonSchema, messageSchemas, referenceOf } from './json-schema.ts';
import { type Mark, marks, type NewEvent } from './message.ts';
import type { Registry } from './registry.ts';

// The one place where what is marked in an event's schema is taken out of its data, at whatever depth: every outlet says only
// which marks it hides.

/** Where marks stand in a value. */
interface Places {
  readonly fields: ReadonlyMap<string, Part>;
  /** Each item of an array, and each value of a record. */
  readonly each: Part | undefined;
}
/** A part of a value: its own marks, and those inside it. */
interface Part {
  readonly marks: readonly Mark[];
  readonly places: Places | undefined;
}

type Definitions = Readonly<Record<string, JsonSchema>>;
const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;

/**
 * Every schema that a value may be read by: what it refers to, and each option of a union. One of a name in `within` is met
 * inside itself; only any JSON is, and in that nothing is marked.
 */
function optionsOf(schema: JsonSchema, $defs: Definitions, within: readonly string[]): readonly JsonSchema[] {
  const name = referenceOf(schema);
  const named = name === undefined || within.includes(name) ? undefined : $defs[name];
  const { anyOf = [], oneOf = [], allOf = [] } = schema;
  const further = [...(named === undefined ? [] : [named]), ...anyOf, ...oneOf, ...allOf];
  const inside = name === undefined ? within : [...within, name];
  return [schema, ...further.flatMap((option) => optionsOf(option, $defs, inside))];
}

/** What any option marks is marked: nobody can tell which of them a value was read by. Undefined where nothing is. */
function partOf(
  schemas: readonly JsonSchema[],
  $defs: Definitions,
  within: readonly string[],
): Part | undefined {
  const options = schemas.flatMap((schema) => optionsOf(schema, $defs, within));
  const inside = [...within, ...options.map(referenceOf).filter((name) => name !== undefined)];
  const fields = new Map<string, Part>();
  for (const name of new Set(options.flatMap(({ properties = {} }) => Object.keys(properties)))) {
    const part = partOf(options.map(({ properties }) => properties?.[name]).filter(isSchema), $defs, inside);
    if (part !== undefined) fields.set(name, part);
  }
  const items = options.flatMap(({ items, prefixItems = [], additionalProperties }) =>
    [items, additionalProperties, ...prefixItems].filter(isSchema),
  );
  const each = items.length === 0 ? undefined : partOf(items, $defs, inside);
  const places = fields.size === 0 && each === undefined ? undefined : { fields, each };
  const marked = marks.filter((mark) => options.some((option) => option[mark] === true));
  return marked.length === 0 && places === undefined ? undefined : { marks: marked, places };
}

type Hides = (mark: Mark) => boolean;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function without(value: unknown, { fields, each }: Places, hides: Hides): unknown {
  if (!isObject(value)) return value;
  /** The part as it may be seen: none or one. */
  const seen = (item: unknown, part: Part | undefined): readonly unknown[] => {
    if (part === undefined) return [item];
    if (part.marks.some(hides)) return [];
    return [part.places === undefined ? item : without(item, part.places, hides)];
  };
  // A part that is itself a list stays one: only the list of none or one is opened.
  if (Array.isArray(value)) return value.flatMap((item) => seen(item, each));
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) =>
      seen(item, fields.get(name) ?? each).map((left) => [name, left] as const),
    ),
  );
}

const known = new WeakMap<Registry, Map<string, Places | undefined>>();

function placesOf(registry: Registry, type: string): Places | undefined {
  const types = known.get(registry) ?? new Map<string, Places | undefined>();
  known.set(registry, types);
  if (!types.has(type)) {
    const { events, $defs } = messageSchemas(registry);
    types.set(type, partOf([events[type] ?? {}], $defs, [])?.places);
  }
  return types.get(type);
}

/**
 * An event's data as JSON, without its parts of which some mark is hidden.
 * @throws z.ZodError when the data does not fit its schema
 */
export function redacted(registry: Registry, event: NewEvent, hides: Hides): JsonObject {
  const data = registry.encode(event);
  const places = placesOf(registry, event.type);
  return places === undefined ? data : (without(data, places, hides) as JsonObject);
}

/** As everybody may see it. */
export const publicData = (registry: Registry, event: NewEvent): JsonObject =>
  redacted(registry, event, () => true);
