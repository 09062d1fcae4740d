import { decode, encode, encodeAndDecode, safeDecode } from '../zod/encoding.ts';
import type { JsonObject } from './canonical.ts';
import { Metadata, type RecordedEvent, type StoredEvent } from './envelope.ts';
import type {
  Command,
  CommandDeclaration,
  EventDeclaration,
  NewEvent,
  RejectionDeclaration,
} from './message.ts';
import { notes } from './notes.ts';
import { commonRejections } from './rejections.ts';

/** The messages of one context. */
export interface Context {
  /** As it stands in paths: `/commands/<name>/…`. */
  readonly name: string;
  readonly description: string;
  readonly events: readonly EventDeclaration[];
  readonly commands: readonly CommandDeclaration[];
  /** What is answered where no command is: those of commands stand beside these. */
  readonly rejections?: readonly RejectionDeclaration[];
}

/** An event that this code is too old for: a reader stops at it, it never skips it. */
export class NewerEventError extends Error {
  constructor(event: StoredEvent, problem: string) {
    super(`${event.type} at ${event.stream}/${event.revision}: ${problem}`);
    this.name = 'NewerEventError';
  }
}

/** A stored event whose data no schema has read: of the newest version, and as JSON. */
interface Examined {
  readonly declared: EventDeclaration;
  readonly metadata: Metadata;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Every message of the system, by name; the one place where stored JSON becomes an event and back. */
export interface Registry {
  readonly contexts: readonly Context[];
  readonly events: ReadonlyMap<string, EventDeclaration>;
  readonly commands: ReadonlyMap<string, { readonly context: Context; readonly command: CommandDeclaration }>;
  /** Common ones and those of every command, by code. */
  readonly rejections: ReadonlyMap<string, RejectionDeclaration>;
  /** What answers say of the events that decided, by the names of that, with its description. */
  readonly verdicts: ReadonlyMap<string, string>;
  /**
   * Lifts, parses and types a stored event; the same object gives the same answer.
   * @throws NewerEventError for an unknown type or version; z.ZodError for data that does not fit.
   */
  decode(stored: StoredEvent): RecordedEvent;
  /**
   * The same up to its data, for whoever looks at that by itself.
   * @throws as {@link decode}
   */
  examine(stored: StoredEvent): Examined;
  /** The JSON of an event's data. @throws z.ZodError when the data does not fit. */
  encode(event: NewEvent): JsonObject;
  /**
   * A new event as it is stored and as it will be read: its data as JSON, and what reading that JSON gives. A stored event
   * that holds these very objects is not read again.
   * @throws z.ZodError when the data does not fit; TypeError for an unknown type
   */
  seal(event: NewEvent, metadata: Metadata): { readonly json: JsonObject; readonly data: object };
  /**
   * A command's data as it travels.
   * @throws TypeError for a command that the registry does not know; z.ZodError when the data does not fit
   */
  encodeCommand(command: Command): JsonObject;
  /** What reading gives that {@link encodeCommand} wrote in this very object; undefined for any other data. */
  commandIn(json: unknown): Command | undefined;
}

/** One item of each name, with the context that declares it. An item that several contexts share is one. */
function byName<T>(
  contexts: readonly Context[],
  itemsOf: (context: Context) => readonly T[],
  nameOf: (item: T) => string,
): ReadonlyMap<string, { readonly item: T; readonly context: Context }> {
  const found = new Map<string, { readonly item: T; readonly context: Context }>();
  for (const context of contexts)
    for (const item of itemsOf(context)) {
      const name = nameOf(item);
      const there = found.get(name);
      if (there !== undefined && there.item !== item)
        throw new TypeError(`${name} is declared twice: in ${there.context.name} and in ${context.name}`);
      found.set(name, { item, context });
    }
  return found;
}

/** A way in that a later version has opened is no damage: parking its key would hold up what only waits for the newer code. */
function metadataOf(stored: StoredEvent): Metadata {
  const read = safeDecode(Metadata, stored.metadata);
  if (read.success) return read.data;
  if (read.error.issues.every(({ path }) => path.join('.') === 'origin.channel'))
    throw new NewerEventError(stored, 'this version knows no such way in as it came by');
  throw read.error;
}

function lift(
  declared: EventDeclaration,
  stored: StoredEvent,
  version: number,
): Readonly<Record<string, unknown>> {
  let data: Readonly<Record<string, unknown>> = stored.data;
  for (let at = version; at < declared.version; at++) {
    const upcast = declared.upcasts[at];
    if (upcast === undefined) throw new TypeError(`${declared.type} has no upcast from version ${at}`);
    data = upcast(data);
  }
  return data;
}

const items = <T>(found: ReadonlyMap<string, { readonly item: T }>): ReadonlyMap<string, T> =>
  new Map([...found].map(([name, { item }]) => [name, item]));

type Declared = Pick<Registry, 'contexts' | 'events' | 'commands' | 'rejections' | 'verdicts'>;

function declaredBy(contexts: readonly Context[]): Declared {
  const events = byName(
    contexts,
    (context) => context.events,
    ({ type }) => type,
  );
  const commands = byName(
    contexts,
    (context) => context.commands,
    ({ type }) => type,
  );
  const common: Context = { name: 'every context', description: '', events: [], commands: [] };
  const rejections = byName<RejectionDeclaration>(
    [common, ...contexts],
    (context) =>
      context === common
        ? commonRejections
        : [...context.commands.flatMap((command) => command.rejections), ...(context.rejections ?? [])],
    ({ code }) => code,
  );
  const verdicts = byName(
    contexts,
    (context) => context.events.flatMap((event) => Object.entries(event.verdicts)),
    ([name]) => name,
  );
  return {
    contexts,
    events: items(events),
    commands: new Map(
      [...commands].map(([type, { item, context }]) => [type, { context, command: item }] as const),
    ),
    rejections: items(rejections),
    verdicts: new Map([...verdicts].map(([name, { item }]) => [name, item[1].description])),
  };
}

/** Makes the registry, and refuses names that are declared twice. */
export function registryOf(contexts: readonly Context[]): Registry {
  const declared = declaredBy(contexts);
  const { events, commands } = declared;
  /** Of stored events. */
  const read = notes<RecordedEvent>('read');
  /** Of the JSON of an event's data. */
  const sealed = notes<{ readonly data: object; readonly metadata: Metadata }>('sealed');
  /** Of the JSON of a command's data. */
  const sentHere = notes<Command>('sent here');

  function declarationOf({ type }: NewEvent): EventDeclaration {
    const found = events.get(type);
    if (found === undefined) throw new TypeError(`${type} is not in the registry`);
    return found;
  }

  function examine(stored: StoredEvent): Examined {
    const found = events.get(stored.type);
    if (found === undefined) throw new NewerEventError(stored, 'this version knows no such event');
    const metadata = metadataOf(stored);
    if (metadata.version > found.version)
      throw new NewerEventError(stored, `version ${metadata.version} is newer than ${found.version}`);
    return { declared: found, metadata, data: lift(found, stored, metadata.version) };
  }

  const decodeNew = (stored: StoredEvent): RecordedEvent => {
    const own = sealed.of(stored.data);
    if (own !== undefined) return { ...stored, ...own };
    const { declared: known, metadata, data } = examine(stored);
    return { ...stored, data: decode(known.schema, data), metadata };
  };

  return {
    ...declared,
    decode(stored) {
      const known = read.of(stored);
      if (known !== undefined) return known;
      const event = decodeNew(stored);
      read.put(stored, event);
      return event;
    },
    examine,
    encode: (event) => encode(declarationOf(event).schema, event.data) as JsonObject,
    seal(event, metadata) {
      // Not the data that was decided: what a fold sees is to be what a replay sees.
      const { json, data } = encodeAndDecode(declarationOf(event).schema, event.data);
      sealed.put(json, { data, metadata });
      return { json: json as JsonObject, data };
    },
    encodeCommand({ command, data }) {
      const known = commands.get(command);
      if (known === undefined) throw new TypeError(`${command} is not in the registry`);
      const made = encodeAndDecode(known.command.schema, data);
      sentHere.put(made.json, { command, data: made.data });
      return made.json as JsonObject;
    },
    commandIn: (json) => (typeof json === 'object' && json !== null ? sentHere.of(json) : undefined),
  };
}
