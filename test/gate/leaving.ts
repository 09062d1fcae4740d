import { type JsonSchema, messageSchemas, referenceOf } from '#domain/kernel/json-schema.ts';
import { integrationSchema } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';

// What leaves for the topics of the bus, and whether somebody has thought of it.

/** Schemas of amounts, by name. */
const AMOUNTS = new Set(['MinorUnits', 'PositiveMinorUnits', 'Sum', 'PositiveSum', 'SignedSum']);
/** What nobody can look into: the details of a no, any JSON. */
const OPAQUE = new Set(['RecordedReason', 'Json']);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The names of all schemas that a schema refers to, itself or by others. */
function namesIn(schema: unknown, $defs: Readonly<Record<string, JsonSchema>>, found: Set<string>): void {
  if (!isObject(schema)) return;
  const name = referenceOf(schema as JsonSchema);
  if (name !== undefined && !found.has(name)) {
    found.add(name);
    namesIn($defs[name], $defs, found);
  }
  for (const part of Object.values(schema)) namesIn(part, $defs, found);
}

/** The fields of an event's data that leave and hold amounts, or what nobody can look into. */
export function tellingFields(registry: Registry, type: string): readonly string[] {
  const { $defs } = messageSchemas(registry);
  const { properties = {} } = integrationSchema(registry, type) ?? {};
  return Object.entries(properties).flatMap(([field, schema]) => {
    const names = new Set<string>();
    namesIn(schema, $defs, names);
    return [...names].some((name) => AMOUNTS.has(name) || OPAQUE.has(name)) ? [field] : [];
  });
}

/** Every event that leaves with an amount, of which nobody has said that it may; every field that is left out and is not there. */
export function unconsidered(registry: Registry): readonly string[] {
  return [...registry.events.values()].flatMap(({ type, published, schema }) => {
    const telling = published === undefined ? tellingFields(registry, type) : [];
    const withheld = typeof published === 'object' ? published.without : [];
    return [
      ...(telling.length === 0
        ? []
        : [
            `${type} would leave for the topics with ${telling.join(', ')}: say by \`published\` in its declaration what may leave; sums and differences must not tell what is secret (docs/secrets.md)`,
          ]),
      ...withheld
        .filter((field) => !(field in schema.shape))
        .map((field) => `${type} is published without ${field}, which it does not have`),
    ];
  });
}
