import { z } from 'zod';
import { encodeUnchecked, safeDecode } from './encoding.ts';

// JSON that is to leave as it was stored need not become values and JSON again: what a schema takes of it is picked out of it. The schema
// decides as ever: of what is not known here exactly, it reads and writes that part itself.

/** What is left out of a value, at whatever depth. */
export interface Cut {
  /** The value itself. */
  readonly isWhole: boolean;
  readonly field: (name: string) => Cut | undefined;
  /** Of each item of an array. */
  readonly each: Cut | undefined;
  /** The value without it, for one that is no whole. */
  readonly from: (json: unknown) => unknown;
}

/** Instead of JSON: it may not fit, and the schema is to say. */
export const UNSURE = Symbol('unsure');

/** A part of a value: checked, and as it leaves. */
type Pick = (json: unknown) => unknown;

const written = new WeakMap<object, (text: string) => boolean>();

/**
 * Says of a codec over text that what it reads is written as the very text again: each text that its inner schema takes, or each of
 * those of which `which` says so.
 */
export function writtenAsRead<S extends z.ZodCodec<z.ZodString, z.ZodType>>(
  codec: S,
  which: (text: string) => boolean = () => true,
): S {
  written.set(codec.def, which);
  return codec;
}

const isBag = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

/** By the schema itself: read, and written where it leaves. */
function bySchema(schema: z.ZodType, cut: Cut | undefined): Pick {
  return (json) => {
    const read = safeDecode(schema, json);
    if (!read.success) return UNSURE;
    if (cut?.isWhole) return undefined;
    const made = encodeUnchecked(schema, read.data);
    return cut === undefined ? made : cut.from(made);
  };
}

type Check = (json: string) => boolean;
const checksOf = (schema: z.ZodType): readonly z.core.$ZodCheck<never>[] => schema.def.checks ?? [];
/** Undefined where one of them is not known. */
function allKnown<T>(checks: readonly (T | undefined)[]): readonly T[] | undefined {
  const known = checks.filter((check) => check !== undefined);
  return known.length === checks.length ? known : undefined;
}
const definitionOf = (check: z.core.$ZodCheck<never>): Readonly<Record<string, unknown>> =>
  check._zod.def as unknown as Readonly<Record<string, unknown>>;
const lengthOf = (text: string): number => [...text].length;

/** A check of text that is known here; undefined: another. */
function checkOf(check: z.core.$ZodCheck<never>): Check | undefined {
  const def = definitionOf(check);
  const { maximum, minimum, pattern } = def;
  if (def.check === 'max_length' && typeof maximum === 'number')
    // Letters are counted, of which none is shorter than a unit.
    return (text) => text.length <= maximum || lengthOf(text) <= maximum;
  if (def.check === 'min_length' && typeof minimum === 'number') return (text) => lengthOf(text) >= minimum;
  const isPattern = def.check === 'string_format' && def.format === 'regex' && pattern instanceof RegExp;
  if (isPattern && !pattern.global && !pattern.sticky) return (text) => pattern.test(text);
  return undefined;
}

function textPick(schema: z.ZodString): Pick | undefined {
  const checks = allKnown(checksOf(schema).map(checkOf));
  if (schema.def.coerce || checks === undefined) return undefined;
  return (json) => (typeof json === 'string' && checks.every((check) => check(json)) ? json : UNSURE);
}

function codecPick(schema: z.ZodPipe): Pick | undefined {
  const isWritten = written.get(schema.def);
  const inner = schema.in;
  const text = inner instanceof z.ZodString ? textPick(inner) : undefined;
  if (isWritten === undefined || text === undefined || checksOf(schema).length > 0) return undefined;
  return (json) => (text(json) !== UNSURE && isWritten(json as string) ? json : UNSURE);
}

/** A bound of a number; undefined: another check. */
function boundOf(check: z.core.$ZodCheck<never>): ((json: number) => boolean) | undefined {
  const { check: kind, value, inclusive } = definitionOf(check);
  if (typeof value !== 'number') return undefined;
  if (kind === 'greater_than') return (json) => json > value || (inclusive === true && json === value);
  if (kind === 'less_than') return (json) => json < value || (inclusive === true && json === value);
  return undefined;
}

function wholePick(schema: z.ZodNumberFormat): Pick | undefined {
  const bounds = allKnown(checksOf(schema).map(boundOf));
  const { format } = schema._zod.def;
  if (format !== 'safeint' || schema.def.coerce || bounds === undefined) return undefined;
  return (json) =>
    Number.isSafeInteger(json) && bounds.every((holds) => holds(json as number)) ? json : UNSURE;
}

/** How many items there may be; undefined: it is checked for something else, too. */
function lengthPick(schema: z.ZodArray): ((items: readonly unknown[]) => boolean) | undefined {
  const known = checksOf(schema).map((check) => {
    const { check: kind, maximum, minimum } = definitionOf(check);
    if (kind === 'max_length' && typeof maximum === 'number') return (count: number) => count <= maximum;
    if (kind === 'min_length' && typeof minimum === 'number') return (count: number) => count >= minimum;
    return undefined;
  });
  const bounds = allKnown(known);
  return bounds && (({ length }) => bounds.every((holds) => holds(length)));
}

function arrayPick(schema: z.ZodArray, cut: Cut | undefined): Pick | undefined {
  const isLongEnough = lengthPick(schema);
  if (isLongEnough === undefined) return undefined;
  const item = pickOf(schema.element as z.ZodType, cut?.each);
  const isEmptied = cut?.each?.isWhole === true;
  return (json) => {
    if (!Array.isArray(json) || !isLongEnough(json)) return UNSURE;
    const items: unknown[] = [];
    for (const each of json) {
      const picked = item(each);
      if (picked === UNSURE) return UNSURE;
      if (!isEmptied) items.push(picked);
    }
    return items;
  };
}

/** What may be missing, with nothing in its place; undefined: another. */
function optional(schema: z.core.$ZodType): z.ZodType | undefined {
  const isPlain =
    schema instanceof z.ZodOptional &&
    !(schema instanceof z.ZodExactOptional) &&
    checksOf(schema).length === 0;
  return isPlain && schema._zod.optin === 'optional' ? (schema.unwrap() as z.ZodType) : undefined;
}

/** What is left out of an object is looked at all the same: it is no such event otherwise. */
function objectPick(schema: z.ZodObject, cut: Cut | undefined): Pick | undefined {
  if (schema.def.catchall !== undefined || checksOf(schema).length > 0) return undefined;
  const fields = Object.entries(schema.shape).map(([name, part]) => {
    const cutThere = cut?.field(name);
    const inner = optional(part);
    return {
      ...{ name, isOptional: inner !== undefined, isKept: cutThere?.isWhole !== true },
      pick: pickOf(inner ?? (part as z.ZodType), cutThere),
    };
  });
  // Whoever has a field of this name has an own one: there is nothing to inherit.
  if (fields.some(({ name }) => name in {})) return undefined;
  return (json) => {
    if (!isBag(json)) return UNSURE;
    const picked: Record<string, unknown> = {};
    for (const { name, isOptional, pick, isKept } of fields) {
      const value = json[name];
      if (value === undefined) {
        if (isOptional) continue;
        return UNSURE;
      }
      const part = pick(value);
      if (part === UNSURE) return UNSURE;
      if (isKept) picked[name] = part;
    }
    return picked;
  };
}

const only =
  (takes: (json: unknown) => boolean): Pick =>
  (json) =>
    takes(json) ? json : UNSURE;

function knownPick(schema: z.ZodType, cut: Cut | undefined): Pick | undefined {
  if (schema instanceof z.ZodObject) return objectPick(schema, cut);
  if (schema instanceof z.ZodArray) return arrayPick(schema, cut);
  if (schema instanceof z.ZodString) return textPick(schema);
  if (schema instanceof z.ZodPipe) return codecPick(schema);
  if (schema instanceof z.ZodNumberFormat) return wholePick(schema);
  if (checksOf(schema).length > 0) return undefined;
  if (schema instanceof z.ZodBoolean && !schema.def.coerce) return only((json) => typeof json === 'boolean');
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) {
    const { values } = schema._zod;
    return only((json) => values.has(json as string));
  }
  return undefined;
}

const isUncut = (schema: z.ZodType): boolean =>
  !(schema instanceof z.ZodObject) && !(schema instanceof z.ZodArray);

/**
 * Picks out of JSON what writing gives that a schema has read of it, without a part: the same, field by field in the same order, or
 * {@link UNSURE}, never what the schema would not take.
 */
export function pickOf(schema: z.ZodType, cut?: Cut): Pick {
  if (cut !== undefined && !cut.isWhole && isUncut(schema)) return bySchema(schema, cut);
  return knownPick(schema, cut) ?? bySchema(schema, cut);
}
