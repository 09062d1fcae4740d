import type { Actor, Role } from '#domain/kernel/actor.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { type JsonSchema, messageSchemas, referenceOf } from '#domain/kernel/json-schema.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import { hasRole } from './who.ts';

// The one place that says who sees what is marked in a schema.
//
// - `secret` (a maximum bid, a reserve): its owner and investigators. Where to confirm a payment: its owner alone, because
//   whoever opens that address can confirm it.
// - `personal` (the address a command came from): its owner and investigators. An auditor checks money, not people.
// - History by stream or as a whole is for auditors and investigators; an auditor reads it with secrets left out.

/** Who may read the history of events. */
export const historians: readonly Role[] = ['auditor', 'investigator'];
const seesSecrets: readonly Role[] = ['investigator'];
const seesPersonal: readonly Role[] = ['investigator'];

/**
 * For each type the field that names the owner of what is marked in it, and who else needs it for their work. A type that
 * is not here has no owner.
 */
const owners: Readonly<
  Record<
    string,
    {
      readonly field: string;
      readonly and: readonly Role[];
      /** Not even those who see what is marked anywhere else. */
      readonly alone?: true;
    }
  >
> = {
  Bid: { field: 'bidder', and: [] },
  Lot: { field: 'consignor', and: ['auctioneer', 'clerk'] },
  Payment: { field: 'person', and: [], alone: true },
};

/** Whether the one who asks may see a marked field of a document of this type. */
export function maySee(
  mark: 'secret' | 'personal',
  type: string,
  document: Readonly<Record<string, unknown>>,
  actor: Actor | undefined,
): boolean {
  if (actor === undefined) return false;
  const owner = owners[type];
  if (owner !== undefined && (document[owner.field] === actor.id || hasRole(actor, owner.and))) return true;
  if (owner?.alone) return false;
  return hasRole(actor, mark === 'secret' ? seesSecrets : seesPersonal);
}

type Schemas = ReturnType<typeof messageSchemas>;
type Hidden = (schema: JsonSchema) => boolean;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value without its hidden parts, however deep they are. */
function withoutHidden(value: unknown, schema: JsonSchema, schemas: Schemas, hidden: Hidden): unknown {
  const reference = referenceOf(schema);
  const known = reference === undefined ? schema : (schemas.$defs[reference] ?? {});
  if (Array.isArray(value))
    return value.map((item) => withoutHidden(item, known.items ?? {}, schemas, hidden));
  if (!isObject(value)) return value;
  // A union is hidden by whatever any of its options hides.
  const options = [known, ...(known.anyOf ?? []), ...(known.oneOf ?? [])];
  const entries = Object.entries(value).flatMap(([name, part]) => {
    const property =
      options.map((option) => resolved(option, schemas).properties?.[name]).find(Boolean) ?? {};
    const shared = referenceOf(property);
    if (hidden(property) || (shared !== undefined && hidden(schemas.$defs[shared] ?? {}))) return [];
    return [[name, withoutHidden(part, property, schemas, hidden)] as const];
  });
  return Object.fromEntries(entries);
}

function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const reference = referenceOf(schema);
  return reference === undefined ? schema : (schemas.$defs[reference] ?? {});
}

/** An event's data as JSON, with only what the one who asks may see. */
export function visibleData(registry: Registry, event: RecordedEvent, actor: Actor | undefined): JsonObject {
  const schemas = messageSchemas(registry);
  const data = registry.encode({ type: event.type, data: event.data });
  const hidden: Hidden = (schema) =>
    (schema.secret === true && !hasRole(actor, seesSecrets)) ||
    (schema.personal === true && !hasRole(actor, seesPersonal) && event.metadata.actor !== actor?.id);
  return withoutHidden(data, schemas.events[event.type] ?? {}, schemas, hidden) as JsonObject;
}
