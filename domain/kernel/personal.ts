import { inspect } from 'node:util';
import { z } from 'zod';
import type { Actor, Role } from './actor.ts';
import type { JsonObject } from './canonical.ts';
import type { RecordedEvent } from './envelope.ts';
import { PersonId } from './ids.ts';
import {
  type CommandDeclaration,
  type EventDeclaration,
  isMarked,
  type NewEvent,
  type Owned,
  personal,
} from './message.ts';
import type { KeysByPerson, SealedPlace } from './ports/person-keys.ts';

// What is about a person. A command brings it as text; before anything is stored it is sealed by that person's key, and from then on
// nothing but an outlet, which shows it to somebody, ever opens it: decisions, folds, views, snapshots and topics hold what is sealed.

declare const about: unique symbol;
/** A text about a person, of which the code between the way in and the way out knows no more than that. */
export interface PersonalText {
  readonly [about]: 'a person';
}

/** As events and documents keep it: whose it is, where it was stored first, and what only the key opens. */
export const Sealed = z
  .object({
    of: PersonId,
    stream: z.string().max(255),
    eventId: z.string().max(64),
    field: z.string().max(64),
    sealed: z.string().max(200_000),
  })
  .meta({ id: 'Sealed', description: 'A text about a person, sealed by their key.' });
export type Sealed = z.output<typeof Sealed>;

/** As a command brings it. It shows itself to nobody by chance: neither in JSON nor in a log. */
class PlainText {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  reveal(): string {
    return this.#text;
  }
  toJSON(): never {
    throw new TypeError('a text about a person is not sealed');
  }
  [inspect.custom](): string {
    return '[personal]';
  }
}

const plain = (text: PersonalText): string => {
  if (text instanceof PlainText) return text.reveal();
  throw new TypeError('a text about a person is sealed already');
};

/** Whose a personal field is: the person whom the field beside it names, or whoever sends the command. */
export interface OfPerson {
  readonly of: string;
  /** Who else needs it for their work, beside those who see whatever is about people. */
  readonly and?: readonly Role[];
}
const owned = ({ of, and }: OfPerson): Owned => ({ owner: of, ...(and && { and }) });
/** For commands that are about whoever sends them. */
export const ACTOR = 'the actor';

/** A field of a command's data that is about a person. */
export const personalInput = (text: z.ZodType<string, string>, of: OfPerson) =>
  personal(
    z.codec(
      text,
      z.custom<PersonalText>((value) => value instanceof PlainText),
      {
        decode: (value) => new PlainText(value) as unknown as PersonalText,
        encode: plain,
      },
    ),
    owned(of),
  );

/** A field of an event's data that is about the person whom the field `of` beside it names. */
export const personalText = (of: OfPerson) =>
  personal(Sealed as unknown as z.ZodType<PersonalText, Sealed>, owned(of));

/** The personal fields of some data, and whose each is. They stand at the top. */
type Fields = ReadonlyMap<string, string>;
const known = new WeakMap<z.ZodObject, Fields>();

function fieldsOf(schema: z.ZodObject): Fields {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const fields = new Map<string, string>();
  for (const [name, field] of Object.entries(schema.shape)) {
    const bare = bareOf(field);
    if (!isMarked(bare, 'personal')) continue;
    const owned = z.globalRegistry.get(bare)?.owned as { readonly owner: string } | undefined;
    if (owned === undefined) throw new TypeError(`${name} is about a person, and does not say whom`);
    fields.set(name, owned.owner);
  }
  known.set(schema, fields);
  return fields;
}

export const bareOf = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? bareOf(schema.unwrap() as z.ZodType)
    : schema;

/** Whether a command brings, or an event keeps, anything about a person. */
export const isPersonal = ({ schema }: Pick<CommandDeclaration | EventDeclaration, 'schema'>): boolean =>
  fieldsOf(schema).size > 0;

/** Whom a command brings something about; nobody twice. */
export function peopleIn(
  { schema }: Pick<CommandDeclaration, 'schema'>,
  data: object,
  actor: Actor,
): readonly PersonId[] {
  const fields = fieldsOf(schema);
  if (fields.size === 0) return [];
  const bag = data as Readonly<Record<string, unknown>>;
  const people = [...fields].flatMap(([name, of]) =>
    bag[name] === undefined || bag[name] === null ? [] : [of === ACTOR ? actor.id : String(bag[of])],
  );
  return [...new Set(people)];
}

/**
 * An event as it may be stored: what is about people is sealed by their keys.
 *
 * @throws TypeError for a person whose key is not among them, which the command had to bring; KeyDestroyedError
 */
export function sealed(
  { schema, type }: Pick<EventDeclaration, 'schema' | 'type'>,
  event: NewEvent,
  place: Omit<SealedPlace, 'field'>,
  keys: KeysByPerson,
): NewEvent {
  const fields = fieldsOf(schema);
  if (fields.size === 0) return event;
  const data: Record<string, unknown> = { ...event.data };
  for (const [field, of] of fields) {
    const text = data[field];
    if (!(text instanceof PlainText)) continue;
    const person = PersonId.parse(data[of]);
    const key = keys.get(person);
    if (key === undefined || key === 'destroyed')
      throw new TypeError(`${type}.${field} is about ${person}, whom its command was not about`);
    const at = { ...place, field };
    data[field] = { of: person, ...at, sealed: key.seal(at, text.reveal()) } satisfies Sealed;
  }
  return { type: event.type, data };
}

/** Opens what is sealed, with keys that were found; undefined: nobody can open it any more, or it was changed. */
export function opened(text: unknown, keys: KeysByPerson): string | undefined {
  const read = Sealed.safeParse(text);
  if (!read.success) return undefined;
  const { of, sealed, ...place } = read.data;
  const key = keys.get(of);
  return key === undefined || key === 'destroyed' ? undefined : key.open(place, sealed);
}

/** The event that it was sealed for first: another text, even of the same words, has another. */
export const sealedFor = (text: PersonalText): string => Sealed.parse(text).eventId;
/** Whose it is. */
export const personOf = (text: PersonalText): PersonId => Sealed.parse(text).of;

/** The field of an event's metadata that says from where its command came. */
export const ADDRESS = 'origin.address';
/** No network address begins so. */
const SEALED_ADDRESS = 'sealed.';
/** As metadata keep it: whose it is, and where, stands beside it. */
export const sealedAddress = (sealed: string): string => SEALED_ADDRESS + sealed;

/**
 * Whose the address is that something came from: whoever asked, or for whom the system did. Undefined: nobody's, as a provider's is.
 */
export const whoseAddress = (asked: {
  readonly actor: PersonId;
  readonly roles: readonly Role[];
  readonly onBehalfOf?: PersonId | undefined;
}): PersonId | undefined => (asked.roles.includes('system') ? asked.onBehalfOf : asked.actor);

/** From where somebody asked; undefined: nobody says, or nobody can read it any more. What is nobody's is told as it is. */
export function addressIn(
  { stream, eventId, metadata }: Pick<RecordedEvent, 'stream' | 'eventId' | 'metadata'>,
  keys: KeysByPerson,
): string | undefined {
  const { address } = metadata.origin;
  if (!address?.startsWith(SEALED_ADDRESS)) return address;
  const key = keys.get(whoseAddress(metadata) ?? '');
  if (key === undefined || key === 'destroyed') return undefined;
  return key.open({ stream, eventId, field: ADDRESS }, address.slice(SEALED_ADDRESS.length));
}

/** Whose keys open what an event has sealed. */
export function peopleOf(
  { schema }: Pick<EventDeclaration, 'schema'>,
  { data, metadata }: Pick<RecordedEvent, 'data' | 'metadata'>,
): readonly PersonId[] {
  const { address } = metadata.origin;
  const texts = [...fieldsOf(schema).keys()].map(
    (name) => Sealed.safeParse((data as Readonly<Record<string, unknown>>)[name]).data?.of,
  );
  const people = [...texts, address?.startsWith(SEALED_ADDRESS) ? whoseAddress(metadata) : undefined];
  return [...new Set(people.filter((person) => person !== undefined))];
}

/** An event's data as JSON, of which some may be left out, with what is sealed opened; null: nobody can read it any more. */
export function openedData(
  { schema }: Pick<EventDeclaration, 'schema'>,
  data: JsonObject,
  keys: KeysByPerson,
): JsonObject {
  const fields = [...fieldsOf(schema).keys()].filter((name) => data[name] !== undefined);
  if (fields.length === 0) return data;
  const texts = fields.map((name) => [name, opened(data[name], keys) ?? null]);
  return { ...data, ...Object.fromEntries(texts) };
}
