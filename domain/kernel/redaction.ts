import { z } from 'zod';
import { encodeUnchecked } from '../zod/encoding.ts';
import { type Cut, pickOf, UNSURE } from '../zod/picking.ts';
import type { JsonObject } from './canonical.ts';
import type { Metadata, StoredEvent } from './envelope.ts';
import { type JsonSchema, messageSchemas, referenceOf } from './json-schema.ts';
import { type EventDeclaration, type Mark, marks, type NewEvent, type Owned } from './message.ts';
import type { Registry } from './registry.ts';

// The one place that knows where a schema marks something, at whatever depth, and takes it out: of the data of events, of the details of
// rejections, and of the schemas that describe either. Every outlet says only which marks it hides. What leaves for the topics of the
// bus is less than what everybody may see of one event: whoever reads topics reads all events, and adds them up.

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

const bornBy = (options: readonly JsonSchema[]): readonly Mark[] =>
  marks.filter((mark) => options.some((option) => option[mark] === true));

/** What is said of a value itself by any schema that it may be read by. */
export function markedBy(
  schema: JsonSchema,
  $defs: Definitions,
): { readonly marks: readonly Mark[]; readonly owned: Owned | undefined } {
  const options = optionsOf(schema, $defs, []);
  return {
    marks: bornBy(options),
    owned: options.find(({ owned }) => owned !== undefined)?.owned,
  };
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
  const marked = bornBy(options);
  return marked.length === 0 && places === undefined ? undefined : { marks: marked, places };
}

type Hides = (mark: Mark) => boolean;
const everything: Hides = () => true;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function without(value: unknown, places: Places | undefined, hides: Hides): unknown {
  if (places === undefined || !isObject(value)) return value;
  const { fields, each } = places;
  const isHidden = (part: Part | undefined): boolean => part?.marks.some(hides) === true;
  if (Array.isArray(value))
    return isHidden(each) ? [] : value.map((item) => without(item, each?.places, hides));
  const left: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const part = fields.get(name) ?? each;
    if (!isHidden(part)) left.push([name, without(item, part?.places, hides)]);
  }
  return Object.fromEntries(left);
}

/** A message that leaves: an event or a command by its type, or a rejection by its code. */
type Kind = 'commands' | 'events' | 'rejections';
const known = new WeakMap<Registry, Map<string, Places | undefined>>();

function placesOf(registry: Registry, kind: Kind, name: string): Places | undefined {
  const found = known.get(registry) ?? new Map<string, Places | undefined>();
  known.set(registry, found);
  const key = `${kind}.${name}`;
  if (!found.has(key)) {
    const schemas = messageSchemas(registry);
    found.set(key, partOf([schemas[kind][name] ?? {}], schemas.$defs, [])?.places);
  }
  return found.get(key);
}

/** The details of a rejection, as JSON, as everybody may see them. */
export const publicDetails = (registry: Registry, code: string, details: JsonObject): JsonObject =>
  without(details, placesOf(registry, 'rejections', code), everything) as JsonObject;

/** A known command's data, as JSON that its schema takes, without what is marked in it. */
export const publicCommand = (registry: Registry, type: string, data: JsonObject): JsonObject =>
  without(data, placesOf(registry, 'commands', type), everything) as JsonObject;

/** What a refusal has recorded is a rejection, whose details its own schema takes for any JSON. */
function withPublicReason(registry: Registry, data: JsonObject): JsonObject {
  const { reason } = data;
  if (!isObject(reason) || typeof reason.code !== 'string') return data;
  const details = publicDetails(registry, reason.code, reason.details as JsonObject);
  return { ...data, reason: { ...reason, details } as JsonObject };
}

/**
 * An event's data as JSON, without its parts of which some mark is hidden.
 * @throws z.ZodError when the data does not fit its schema
 */
export function redacted(registry: Registry, event: NewEvent, hides: Hides): JsonObject {
  const data = registry.encode(event);
  const seen = without(data, placesOf(registry, 'events', event.type), hides) as JsonObject;
  return registry.events.get(event.type)?.refusal === true ? withPublicReason(registry, seen) : seen;
}

/** As everybody may see it. */
export const publicData = (registry: Registry, event: NewEvent): JsonObject =>
  redacted(registry, event, everything);

/**
 * The fields that do not leave for the topics though nothing marks them; undefined: the event does not leave at all. Of a refusal
 * nothing leaves unless its declaration says so: a no is between the platform and whoever asked.
 */
function withheld({ published, refusal }: EventDeclaration): readonly string[] | undefined {
  if (published === undefined) return refusal ? undefined : [];
  if (typeof published === 'object') return published.without;
  return published ? [] : undefined;
}

/** Whether anything of such an event leaves for the topics. */
export const isPublished = (declared: EventDeclaration): boolean => withheld(declared) !== undefined;

const leaving = new WeakMap<EventDeclaration, z.ZodObject | undefined>();
/** The schema of an event without what is withheld: what does not leave is not even written. Undefined: it does not leave. */
function leavingSchema(declared: EventDeclaration): z.ZodObject | undefined {
  if (leaving.has(declared)) return leaving.get(declared);
  const fields = withheld(declared);
  const shape = Object.entries(declared.schema.shape).filter(([name]) => !fields?.includes(name));
  const schema = fields && z.object(Object.fromEntries(shape));
  leaving.set(declared, schema);
  return schema;
}

/**
 * What of an event's data leaves for the topics, as JSON; undefined: the event does not leave. Its data has been read by its schema: it
 * is not checked again.
 * @throws z.ZodError for data of another shape; TypeError for an event that the registry does not know
 */
export function integrationData(registry: Registry, event: NewEvent): JsonObject | undefined {
  const declared = registry.events.get(event.type);
  if (declared === undefined) throw new TypeError(`${event.type} is not in the registry`);
  const schema = leavingSchema(declared);
  if (schema === undefined) return undefined;
  const data = encodeUnchecked(schema, event.data);
  const left = without(data, placesOf(registry, 'events', event.type), everything) as JsonObject;
  return declared.refusal ? withPublicReason(registry, left) : left;
}

const cutOf = (part: Part | undefined, isWhole = false): Cut | undefined =>
  part === undefined && !isWhole
    ? undefined
    : {
        isWhole: isWhole || (part?.marks ?? []).length > 0,
        field: (name) => cutOf(part?.places?.fields.get(name) ?? part?.places?.each),
        each: cutOf(part?.places?.each),
        from: (json) => without(json, part?.places, everything),
      };

type LeavingPick = (json: unknown) => unknown;
const leavingPicks = new WeakMap<Registry, Map<string, LeavingPick>>();
/** What leaves of an event's stored data, or that it is better read. */
function leavingPick(registry: Registry, declared: EventDeclaration): LeavingPick {
  const made = leavingPicks.get(registry) ?? new Map<string, LeavingPick>();
  leavingPicks.set(registry, made);
  const known = made.get(declared.type);
  if (known !== undefined) return known;
  const places = placesOf(registry, 'events', declared.type);
  const fields = withheld(declared);
  const marked = cutOf({ marks: [], places });
  const pick = pickOf(declared.schema, {
    isWhole: fields === undefined,
    field: (name) => (fields?.includes(name) === false ? marked?.field(name) : cutOf(undefined, true)),
    each: undefined,
    from: (json) => without(json, places, everything),
  });
  made.set(declared.type, pick);
  return pick;
}

/**
 * What {@link integrationData} leaves of a stored event, and its metadata; most are not read for it but checked, and what leaves is picked
 * out of what is stored.
 * @throws NewerEventError for an unknown type or version; z.ZodError for data that does not fit
 */
export function leavingOf(
  registry: Registry,
  stored: StoredEvent,
): { readonly metadata: Metadata; readonly data: JsonObject | undefined } {
  const { declared, metadata, data } = registry.examine(stored);
  const picked = declared.refusal ? UNSURE : leavingPick(registry, declared)(data);
  if (picked === UNSURE) return { metadata, data: integrationData(registry, registry.decode(stored)) };
  return { metadata, data: isPublished(declared) ? (picked as JsonObject) : undefined };
}

/** A list of which every item is hidden is there, and empty. */
const emptied = ({ minItems: _, ...schema }: JsonSchema): JsonSchema => ({ ...schema, maxItems: 0 });

function shown(
  schema: JsonSchema,
  places: Places | undefined,
  $defs: Definitions,
  within: readonly string[],
): JsonSchema {
  if (places === undefined) return schema;
  const name = referenceOf(schema);
  const named = name === undefined || within.includes(name) ? undefined : $defs[name];
  if (name !== undefined && named !== undefined) {
    // What others share is described in its own place as it is: here stands what is left of it.
    const { $ref: _, ...beside } = schema;
    return { ...shown(named, places, $defs, [...within, name]), ...beside };
  }
  const { fields, each } = places;
  const isHidden = (part: Part | undefined): boolean => part !== undefined && part.marks.length > 0;
  const inside = (part: JsonSchema, at: Part | undefined) => shown(part, at?.places, $defs, within);
  const options = (all: readonly JsonSchema[]) => all.map((option) => shown(option, places, $defs, within));
  const { properties, required, items, prefixItems, additionalProperties, anyOf, oneOf, allOf } = schema;
  const left = Object.entries(properties ?? {}).filter(([name]) => !isHidden(fields.get(name)));
  const open = isSchema(additionalProperties) && !isHidden(each) && inside(additionalProperties, each);
  const described: JsonSchema = {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(left.map(([name, part]) => [name, inside(part, fields.get(name))])),
    }),
    ...(required && { required: required.filter((name) => !isHidden(fields.get(name))) }),
    ...(items && { items: inside(items, each) }),
    ...(prefixItems && { prefixItems: prefixItems.map((item) => inside(item, each)) }),
    ...(isSchema(additionalProperties) && { additionalProperties: open }),
    ...(anyOf && { anyOf: options(anyOf) }),
    ...(oneOf && { oneOf: options(oneOf) }),
    ...(allOf && { allOf: options(allOf) }),
  };
  return items !== undefined && isHidden(each) ? emptied(described) : described;
}

/** The schema of what {@link publicData} or {@link publicDetails} leaves of such a message. */
export function publicSchema(registry: Registry, kind: Kind, name: string): JsonSchema {
  const schemas = messageSchemas(registry);
  return shown(schemas[kind][name] ?? {}, placesOf(registry, kind, name), schemas.$defs, []);
}

/** The schema of what {@link integrationData} leaves of such an event; undefined: it does not leave. */
export function integrationSchema(registry: Registry, type: string): JsonSchema | undefined {
  const declared = registry.events.get(type);
  const fields = declared && withheld(declared);
  if (fields === undefined) return undefined;
  const { properties = {}, required = [], ...schema } = publicSchema(registry, 'events', type);
  const left = Object.entries(properties).filter(([name]) => !fields.includes(name));
  return {
    ...schema,
    properties: Object.fromEntries(left),
    required: required.filter((name) => !fields.includes(name)),
  };
}
