import type { z } from 'zod';
import { type Actor, overseers, type Role } from '#domain/kernel/actor.ts';
import type { JsonObject } from '#domain/kernel/canonical.ts';
import type { RecordedEvent } from '#domain/kernel/envelope.ts';
import { isMarked, type Mark, type Owned } from '#domain/kernel/message.ts';
import { bareOf, opened, openedData, peopleOf, Sealed } from '#domain/kernel/personal.ts';
import type { KeysByPerson } from '#domain/kernel/ports/person-keys.ts';
import { redacted } from '#domain/kernel/redaction.ts';
import type { Registry } from '#domain/kernel/registry.ts';
import type { QueryServices, ResolverContext } from '../resolver-context.ts';
import type { Insight } from './insight.ts';
import { oversees } from './own.ts';
import { hasRole } from './who.ts';

// The one place that says who sees what is marked in a schema; docs/secrets.md says where else each secret could be worked out.
//
// - `secret` (a maximum bid, a reserve): its owner, auditors and investigators. The ledger tells an auditor maxima anyway.
// - `personal` (the address a command came from): its owner and investigators, and whom the field names beside it (of an account's
//   address administrators). An auditor checks money, not people. What is sealed is opened here, and nowhere before.
// - `capability` (where to confirm a payment): its owner alone, whatever the roles of others, and in no event.
// - History by stream or as a whole is for auditors and investigators.
//
// Whatever a role shows to somebody who does not own it is recorded, and whoever was shown it may not act on it.

/** Who may read the history of events. */
export const historians: readonly Role[] = overseers;
const seesPersonal: readonly Role[] = ['investigator'];

/** By what right somebody sees something: it is theirs, or a role gives them an insight. */
export type Right = 'owner' | Insight;

/** By what right the one who asks sees a marked field of a document; undefined: by none. */
export function rightTo(
  { mark, owned }: { readonly mark: Mark; readonly owned: Owned | undefined },
  document: Readonly<Record<string, unknown>>,
  actor: Actor | undefined,
): Right | undefined {
  if (actor === undefined) return undefined;
  if (owned !== undefined && document[owned.owner] === actor.id) return 'owner';
  if (mark === 'capability') return undefined;
  if (hasRole(actor, mark === 'secret' ? overseers : seesPersonal)) return 'maxima';
  if (!hasRole(actor, owned?.and ?? [])) return undefined;
  return mark === 'secret' ? 'reserves' : 'people';
}

const shownToNobody = new WeakMap<Registry, ReadonlySet<string>>();

/** Fields of events that no outlet opens, whoever asks. */
function capabilitiesOf(registry: Registry): ReadonlySet<string> {
  const known = shownToNobody.get(registry);
  if (known !== undefined) return known;
  const names = [...registry.events.values()].flatMap(({ schema }) =>
    Object.entries(schema.shape).flatMap(([name, field]) =>
      isMarked(bareOf(field as z.ZodType), 'capability') ? [name] : [],
    ),
  );
  const found = new Set(names);
  shownToNobody.set(registry, found);
  return found;
}

/**
 * What is sealed, as whoever may see it reads it; null where nobody can any more.
 *
 * A sealed text names its own place, and documents lie where others may write: one that is put into another's document, or is what proves a
 * person where something else should stand, is not opened.
 *
 * @param owner whose the document is, as it says itself
 */
export async function openedText(
  text: unknown,
  owner: unknown,
  { registry, personKeys }: Pick<QueryServices, 'registry' | 'personKeys'>,
): Promise<string | null> {
  const sealed = Sealed.safeParse(text).data;
  if (sealed === undefined || sealed.of !== owner || capabilitiesOf(registry).has(sealed.field)) return null;
  return opened(text, await personKeys.find([sealed.of])) ?? null;
}

/** The keys that open what an event says about people. */
export async function keysOf(
  event: RecordedEvent,
  { registry, personKeys }: Pick<QueryServices, 'registry' | 'personKeys'>,
): Promise<KeysByPerson> {
  const declared = registry.events.get(event.type);
  const people = declared === undefined ? [] : peopleOf(declared, event);
  return people.length === 0 ? new Map() : personKeys.find(people);
}

/**
 * An event's data as JSON, with only what the one who asks may see.
 *
 * @param keys as {@link keysOf} found them
 */
export function visibleData(event: RecordedEvent, context: ResolverContext, keys: KeysByPerson): JsonObject {
  const { actor } = context.viewer;
  const hides: Readonly<Record<Mark, () => boolean>> = {
    secret: () => !oversees(context),
    personal: () =>
      event.metadata.actor !== actor?.id && !(hasRole(actor, seesPersonal) && oversees(context)),
    capability: () => true,
  };
  const { registry } = context.services;
  const declared = registry.events.get(event.type);
  const seen = redacted(registry, event, (mark) => hides[mark]());
  return declared === undefined ? seen : openedData(declared, seen, keys);
}
