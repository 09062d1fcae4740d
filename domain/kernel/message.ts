import { z } from 'zod';
import { decode, encode } from '../zod/encoding.ts';
import type { Actor, Role } from './actor.ts';

/** The fields of a message, by name. */
export type Shape = Readonly<Record<string, z.ZodType>>;
export type DataOf<S extends Shape> = z.output<z.ZodObject<S>>;

/** An event that has been decided but not yet recorded. */
export interface NewEvent<Type extends string = string, Data = object> {
  readonly type: Type;
  readonly data: Data;
}

/** Lifts the stored data of one version to the next; pure, one event to one. */
export type Upcast = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** A yes or no that is said in the answer to a command, worked out of the event that decided it. */
export interface Verdict<Data> {
  /** Of what it is, and what yes means; of everything else nothing is said. */
  readonly description: string;
  readonly of: (data: Data) => boolean;
}

/** What people wrote into `field` before it was sealed, or became a word out of a list: it is read under a name of its own from then on. */
export const onceInPlain =
  (field: string): Upcast =>
  ({ [field]: text, ...data }) => ({ ...data, ...(text !== undefined && { [`${field}InPlain`]: text }) });

/** What of an event leaves for the topics of the bus: nothing, all that is not marked, or that without some fields. */
export type Published<Field extends string = string> = boolean | { readonly without: readonly Field[] };

/** An event's declaration with its types forgotten, as the registry and the runtimes see it. */
export interface EventDeclaration {
  readonly kind: 'event';
  readonly type: string;
  readonly version: number;
  readonly description: string;
  /** Readers of events tolerate added fields: unknown ones are dropped, not refused. */
  readonly schema: z.ZodObject;
  /** By the version they lift *from*. */
  readonly upcasts: Readonly<Record<number, Upcast>>;
  /** A recorded no: its data carries `reason` (see {@link refusalShape}), and the command's reply is that rejection. */
  readonly refusal: boolean;
  /** By the names they have in answers. */
  readonly verdicts: Readonly<Record<string, Verdict<never>>>;
  /** What is declared of its leaving; undefined: nothing, see `integrationData`. */
  readonly published: Published | undefined;
}

/** An event's declaration, which also makes such events: `BidAccepted({ … })`. */
export interface EventType<Type extends string, S extends Shape> extends EventDeclaration {
  (data: DataOf<S>): NewEvent<Type, DataOf<S>>;
  readonly type: Type;
  readonly schema: z.ZodObject<S>;
}

/** What an event that records a refusal says beside its own fields. */
export const refusalShape = {
  reason: z
    .object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.json()) })
    .meta({ id: 'RecordedReason', description: 'The rejection as the caller got it.' }),
} as const;

/** Declares an event. Its schema is the permanent storage format of its `version`. */
export function event<const Type extends string, S extends Shape>(
  type: Type,
  declaration: {
    version: number;
    description: string;
    data: S;
    upcasts?: Readonly<Record<number, Upcast>>;
    refusal?: boolean;
    verdicts?: Readonly<Record<string, Verdict<DataOf<S>>>>;
    /** Nothing stored depends on it: what leaves may be more or less from one version of the platform to the next. */
    published?: Published<Extract<keyof S, string>>;
  },
): EventType<Type, S> {
  const { version, description, data, upcasts = {}, refusal = false, verdicts = {}, published } = declaration;
  if (refusal && !('reason' in data)) throw new TypeError(`${type} is a refusal without a reason`);
  const make = (value: DataOf<S>): NewEvent<Type, DataOf<S>> => ({ type, data: value });
  return Object.assign(make, {
    kind: 'event' as const,
    type,
    version,
    description,
    schema: z.object(data),
    upcasts,
    refusal,
    verdicts,
    published,
  });
}

/** A no, as an answer: a code of the catalogue, a sentence, and what the caller can do next. */
export interface Rejection<Code extends string = string, Details = object> {
  readonly rejected: true;
  readonly code: Code;
  readonly message: string;
  readonly details: Details;
}

export interface RejectionDeclaration {
  readonly kind: 'rejection';
  readonly code: string;
  readonly message: string;
  /** Of the details. */
  readonly schema: z.ZodObject;
  /** The HTTP status that says the same. */
  readonly status: number;
}

/** A rejection's declaration, which also makes such rejections: `BidTooLow({ … })`. */
export interface RejectionType<Code extends string, S extends Shape> extends RejectionDeclaration {
  (details: DataOf<S>): Rejection<Code, DataOf<S>>;
  readonly code: Code;
  readonly schema: z.ZodObject<S>;
}

/**
 * Declares a rejection. `code` is snake_case and unique in the catalogue. `status` is 409 (conflict with the state) unless told.
 * `message` is what the catalogue says of all of them; `says` is the same of one, where its details tell more.
 */
export function rejection<const Code extends string, S extends Shape = Record<never, never>>(
  code: Code,
  declaration: { message: string; says?: (details: DataOf<S>) => string; details?: S; status?: number },
): RejectionType<Code, S> {
  const { message, says, status = 409 } = declaration;
  const schema = z.object((declaration.details ?? {}) as S);
  const make = (details: DataOf<S>): Rejection<Code, DataOf<S>> => ({
    rejected: true,
    code,
    message: says?.(details) ?? message,
    details,
  });
  return Object.assign(make, { kind: 'rejection' as const, code, message, schema, status });
}

/**
 * A rejection as an event keeps it (see {@link refusalShape}): its details in the form the caller gets, amounts as text.
 * `declared` are those of the command it answers.
 */
export function recordedReason(
  declared: readonly RejectionDeclaration[],
  { code, message, details }: Rejection,
): DataOf<typeof refusalShape>['reason'] {
  const schema = declared.find((it) => it.code === code)?.schema;
  if (schema === undefined) throw new TypeError(`${code} is not among the command's rejections`);
  const encoded = encode(schema, details);
  return { code, message, details: encoded as DataOf<typeof refusalShape>['reason']['details'] };
}

/** The rejection that {@link recordedReason} recorded. `declared` are those of the command it answers. */
export function rejectionFrom(
  declared: readonly RejectionDeclaration[],
  { code, message, details }: DataOf<typeof refusalShape>['reason'],
): Rejection {
  const schema = declared.find((it) => it.code === code)?.schema;
  if (schema === undefined) throw new TypeError(`${code} is not among the command's rejections`);
  return { rejected: true, code, message, details: decode(schema, details) };
}

export interface CommandDeclaration {
  readonly kind: 'command';
  readonly type: string;
  readonly description: string;
  /**
   * Who may send it from outside: whoever has one of the roles, or `member`, whoever has signed in; `internal` means nobody: reactions and
   * sagas only.
   */
  readonly from: 'internal' | 'member' | readonly Role[];
  /** Whether whoever sends it from outside has to have proven just before that it is they. */
  readonly stepUp: boolean;
  /** Strict: a field nobody knows is refused. */
  readonly schema: z.ZodObject;
  readonly rejections: readonly RejectionDeclaration[];
  /** The one stream that decides it. `data` has passed the schema. */
  streamOf(data: object, actor: Actor): string;
}

/** A command's declaration, which also makes such commands: `AcceptBid({ … })`. */
export interface CommandType<
  Type extends string,
  S extends Shape,
  Rs extends readonly RejectionDeclaration[],
  Precondition,
> extends CommandDeclaration {
  (data: DataOf<S>): Command<Type, DataOf<S>>;
  readonly type: Type;
  readonly schema: z.ZodObject<S>;
  readonly rejections: Rs;
  /** Only in types: what the workflow that guards this command hands to its decider among the facts. */
  readonly precondition?: PreconditionMark<Precondition>;
}

/** A command to be sent, not yet in an envelope. */
export interface Command<Type extends string = string, Data = object> {
  readonly command: Type;
  readonly data: Data;
}

/** Declares a command: what it needs, who may send it, the one stream that decides it, and every no it can get. */
export function command<
  const Type extends string,
  S extends Shape,
  const Rs extends readonly RejectionDeclaration[] = readonly [],
  Precondition = undefined,
>(
  type: Type,
  declaration: {
    description: string;
    from: 'internal' | 'member' | readonly Role[];
    /** What cannot be taken back, or gives somebody more: a stolen token is not enough for it. Unless it says so, it is not asked for. */
    stepUp?: boolean;
    data: S;
    stream: (data: DataOf<S>, actor: Actor) => string;
    rejections?: Rs;
    precondition?: PreconditionMark<Precondition>;
  },
): CommandType<Type, S, Rs, Precondition> {
  const { description, from, stepUp = false, data, stream } = declaration;
  const make = (value: DataOf<S>): Command<Type, DataOf<S>> => ({ command: type, data: value });
  return Object.assign(make, {
    kind: 'command' as const,
    type,
    description,
    from,
    stepUp,
    schema: z.strictObject(data) as unknown as z.ZodObject<S>,
    streamOf: stream as (data: object, actor: Actor) => string,
    rejections: (declaration.rejections ?? []) as unknown as Rs,
  });
}

/** Marks the type of what a precondition hands on; it has no value. */
export interface PreconditionMark<T> {
  readonly precondition?: T;
}
export const preconditionOf = <T>(): PreconditionMark<T> => ({});

/** What a schema says of a field, for every outlet to ask before it lets the field out. */
export const marks = ['secret', 'personal', 'capability'] as const;
export type Mark = (typeof marks)[number];
/** Whose a marked field of a document is. */
export interface Owned {
  /** The field beside it that names its owner. */
  readonly owner: string;
  /** Who else needs what is secret or personal there for their work. */
  readonly and?: readonly Role[];
}
const mark =
  (kind: Mark) =>
  <S extends z.ZodType>(schema: S, owned?: Owned): S =>
    schema.meta({ [kind]: true, ...(owned && { owned }) });
/** Whoever knows it is ahead of the others: for its owner, and for those who may not act on it. */
export const secret = mark('secret');
/** About a person; erased with that person's key. */
export const personal = mark('personal');
/** Whoever holds it can act by it, whoever they are: for its owner alone, and in no event that leaves the platform. */
export const capability = mark('capability');

/** Whether a field's schema carries a mark. */
export const isMarked = (schema: z.ZodType, mark: Mark): boolean =>
  z.globalRegistry.get(schema)?.[mark] === true;

// What the declarations mean to the type checker.
export type EventOf<E> = E extends EventType<infer Type, infer S> ? NewEvent<Type, DataOf<S>> : never;
export type RejectionOf<R> =
  R extends RejectionType<infer Code, infer S> ? Rejection<Code, DataOf<S>> : never;
export type CommandData<C> = C extends { readonly schema: z.ZodObject<infer S extends Shape> }
  ? DataOf<S>
  : never;
