import { type JsonSchema, referenceOf } from '#domain/kernel/json-schema.ts';
import type { Mark, Owned } from '#domain/kernel/message.ts';
import { Sealed } from '#domain/kernel/personal.ts';
import { markedBy } from '#domain/kernel/redaction.ts';
import { type DefinedOnce, type Definitions, definedOnce } from './definitions.ts';
import { described, isName, pascal, UnsayableError } from './sdl.ts';

const MAX_INT = 2_147_483_647;
/** JSON as it is, and whole numbers beyond 32 bits. Every other scalar is a string. */
export const JSON_SCALAR = 'Json';
export const SAFE_INTEGER = 'SafeInteger';

/** A pattern longer than this tells nobody anything. */
const READABLE_PATTERN = 80;

/** What a text is, and what it must look like: GraphQL has no other place for it. */
function withPattern({ description = '', pattern }: JsonSchema): string {
  return pattern === undefined || pattern.length > READABLE_PATTERN
    ? description
    : `${description} As \`${pattern}\` has it.`;
}

interface Seen {
  readonly schema: JsonSchema;
  readonly nullable: boolean;
}

/** zod says "or null" as an option, or as a second type where the schema is a plain one. */
function withoutNull(schema: JsonSchema): Seen {
  const type: unknown = schema.type;
  if (Array.isArray(type)) {
    const [only, ...others] = type.filter((each) => each !== 'null');
    if (others.length === 0) return { schema: { ...schema, type: only }, nullable: type.includes('null') };
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options === undefined) return { schema, nullable: false };
  const rest = options.filter((option) => option.type !== 'null');
  const [only] = rest;
  if (rest.length === 1 && only !== undefined)
    return { schema: only, nullable: rest.length < options.length };
  return { schema, nullable: rest.length < options.length };
}

/** Marks in a schema say what JSON Schema has no words for: `interface`, and which one a type `implements`. */
function headOf(schema: JsonSchema, title: string, direction: Direction): string {
  if (direction === 'input') return `input ${title}`;
  if (schema.interface === true) return `interface ${title}`;
  return typeof schema.implements === 'string'
    ? `type ${title} implements ${schema.implements}`
    : `type ${title}`;
}

type Direction = 'input' | 'output';

/** A field that is only let out to some. */
export interface Marked {
  readonly mark: Mark;
  /** Its text is sealed by somebody's key: it is opened on its way out, and null where nobody can any more. */
  readonly sealed: boolean;
  /** Nobody's, where that is not said. */
  readonly owned: Owned | undefined;
}

type Shared = Readonly<Record<string, JsonSchema>>;

const SEALED = Sealed.meta()?.id;
/** As a schema says it that adds its marks: by reference, perhaps inside. */
const isSealed = (schema: JsonSchema): boolean =>
  referenceOf(schema) === SEALED || [...(schema.allOf ?? []), ...(schema.anyOf ?? [])].some(isSealed);

function markOf(where: string, property: JsonSchema, beside: object, shared: Shared): Marked | undefined {
  const { marks, owned } = markedBy(property, shared);
  const [mark, ...more] = marks;
  if (mark === undefined) return undefined;
  if (more.length > 0) throw new UnsayableError(where, `a field that is ${marks.join(' and ')}`);
  if (owned !== undefined && !(owned.owner in beside))
    throw new UnsayableError(where, `a field whose owner is in ${owned.owner}, which is not there`);
  return { mark, owned, sealed: isSealed(property) };
}

export interface Types extends Definitions {
  /** A reference to the type of what is handed out. `name` is for a type that has none of its own. */
  output(schema: JsonSchema, name: string, required: boolean): string;
  /** A reference to the type of what is taken in. */
  input(schema: JsonSchema, name: string, required: boolean): string;
  /** The fields of an object, one a line, as they are handed out. */
  fields(schema: JsonSchema, name: string): string;
  /** The arguments of a field, with their parentheses; empty when there are none. */
  args(schema: JsonSchema, name: string): string;
  /** The marked fields of each type, which are only let out to some. */
  readonly marked: ReadonlyMap<string, ReadonlyMap<string, Marked>>;
  /** How many items a list has at most, as far as that is declared. */
  mostItems(schema: JsonSchema): number | undefined;
  /** The same of fields, as `Type.field`. */
  readonly bounds: ReadonlyMap<string, number>;
}

function integer(schema: JsonSchema, to: DefinedOnce): string {
  const fits = (bound: number | undefined) => bound !== undefined && Math.abs(bound) <= MAX_INT;
  if (schema.default !== undefined && fits(schema.maximum)) return 'Int';
  if (fits(schema.minimum) && fits(schema.maximum)) return 'Int';
  return to.scalar(SAFE_INTEGER, 'A whole number, exact up to 2^53, as a JSON number.');
}

function text(schema: JsonSchema, id: string | undefined, name: string, to: DefinedOnce): string {
  if (schema.enum !== undefined) return to.enumeration(id ?? `${name}Value`, schema);
  if (id === undefined) return schema.format === 'id' ? 'ID' : 'String';
  return id.endsWith('Id') ? 'ID' : to.scalar(id, withPattern(schema));
}

/** Whether it is a record: an object of any fields. */
const isRecord = ({ properties, additionalProperties: open }: JsonSchema): boolean =>
  properties === undefined || (typeof open === 'object' && Object.keys(open).length > 0);

/** A type is printed by way of the types of its fields, and they by way of theirs. */
class TypePrinter {
  readonly to = definedOnce();
  readonly marked = new Map<string, Map<string, Marked>>();
  readonly bounds = new Map<string, number>();
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  reference(schema: JsonSchema, name: string, direction: Direction, required: boolean): string {
    const { schema: core, nullable } = withoutNull(schema);
    const type = this.#named(core, name, direction);
    return required && !nullable ? `${type}!` : type;
  }

  properties(schema: JsonSchema, name: string, direction: Direction): string[] {
    return Object.entries(schema.properties ?? {}).map(([key, property]) => {
      if (!isName(key)) throw new UnsayableError(`${name}.${key}`, 'it is no name');
      const most = direction === 'output' ? this.mostItems(property) : undefined;
      if (most !== undefined) this.bounds.set(`${name}.${key}`, most);
      const hidden = direction === 'output' && this.#mark(name, key, property, schema.properties ?? {});
      const required = !hidden && (schema.required ?? []).includes(key);
      const type =
        hidden && isSealed(property)
          ? 'String'
          : this.reference(property, `${name}${pascal(key)}`, direction, required);
      const value = direction === 'input' ? this.#usual(property, type) : '';
      return `${described(property.description, '  ')}  ${key}: ${type}${value}`;
    });
  }

  mostItems(schema: JsonSchema): number | undefined {
    const { schema: core } = withoutNull(schema);
    const shared = referenceOf(core);
    return (shared === undefined ? core : this.#shared[shared])?.maxItems;
  }

  #mark(name: string, key: string, property: JsonSchema, beside: object): boolean {
    const marked = markOf(`${name}.${key}`, property, beside, this.#shared);
    if (marked === undefined) return false;
    const known = this.marked.get(name) ?? new Map<string, Marked>();
    this.marked.set(name, known.set(key, marked));
    return true;
  }

  /** Only a field is let out to some: what has none of its own would be let out to all. */
  unmarked(schema: JsonSchema, name: string): JsonSchema {
    const [mark] = markedBy(schema, this.#shared).marks;
    if (mark !== undefined) throw new UnsayableError(name, `something ${mark} that is no field`);
    return schema;
  }

  /** What is taken when nothing is given. */
  #usual({ default: value }: JsonSchema, type: string): string {
    if (value === undefined) return '';
    return ` = ${this.to.isEnumeration(type) ? value : JSON.stringify(value)}`;
  }

  #named(schema: JsonSchema, name: string, direction: Direction, id?: string): string {
    const shared = referenceOf(schema);
    if (shared !== undefined) return this.#sharedType(shared, name, direction);
    switch (schema.type ?? (typeof schema.const === 'string' ? 'string' : undefined)) {
      case 'string':
        return text(schema, id, name, this.to);
      case 'integer':
        return integer(schema, this.to);
      case 'number':
        return 'Float';
      case 'boolean':
        return 'Boolean';
      case 'array':
        if (schema.items === undefined) throw new UnsayableError(name, 'a tuple');
        if (direction === 'output') this.unmarked(schema.items, `${name}Item`);
        return `[${this.reference(schema.items, `${name}Item`, direction, true)}]`;
      case 'object':
        return isRecord(schema)
          ? this.#record(schema, name, direction)
          : this.#object(schema, name, direction);
      default:
        throw new UnsayableError(
          name,
          direction === 'input' ? 'a union (use @oneOf)' : 'a union without a name',
        );
    }
  }

  /** The type of what is shared by name: it keeps that name. */
  #sharedType(shared: string, name: string, direction: Direction): string {
    if (shared === JSON_SCALAR) {
      if (direction === 'output') return this.#anyJson();
      throw new UnsayableError(name, 'any JSON as an input');
    }
    if (shared === SEALED) throw new UnsayableError(name, 'a sealed text that is no marked field');
    const definition = this.#shared[shared];
    if (definition === undefined) throw new UnsayableError(name, `${shared} is not defined`);
    return this.#named(definition, shared, direction, shared);
  }

  #record({ additionalProperties: open }: JsonSchema, name: string, direction: Direction): string {
    const holdsAnyJson = typeof open === 'object' && referenceOf(open) === JSON_SCALAR;
    if (direction === 'output' && holdsAnyJson) return this.#anyJson();
    throw new UnsayableError(name, 'a record');
  }

  #anyJson(): string {
    return this.to.scalar(JSON_SCALAR, 'Any JSON.');
  }

  #object(schema: JsonSchema, name: string, direction: Direction): string {
    const title = direction === 'input' ? `${name}Input` : name;
    return this.to.once(title, schema, () => {
      const body = this.properties(schema, name, direction).join('\n');
      if (body === '') throw new UnsayableError(title, 'an object without fields');
      return `${described(schema.description)}${headOf(schema, title, direction)} {\n${body}\n}`;
    });
  }
}

/** Prints JSON Schema as GraphQL types. */
export function types($defs: Readonly<Record<string, JsonSchema>>): Types {
  const printer = new TypePrinter($defs);
  const { define, extend, definitions, scalars } = printer.to;
  return {
    output: (schema, name, required) =>
      printer.reference(printer.unmarked(schema, name), name, 'output', required),
    input: (schema, name, required) => printer.reference(schema, name, 'input', required),
    fields: (schema, name) => printer.properties(schema, name, 'output').join('\n'),
    args(schema, name) {
      const lines = printer.properties(schema, name, 'input');
      return lines.length === 0
        ? ''
        : `(\n${lines.map((line) => line.replaceAll(/^ {2}/gm, '    ')).join('\n')}\n  )`;
    },
    define,
    extend,
    definitions,
    scalars,
    marked: printer.marked,
    mostItems: (schema) => printer.mostItems(schema),
    bounds: printer.bounds,
  };
}
