import { type JsonSchema, referenceOf } from '#domain/kernel/json-schema.ts';
import type { Mark, Owned } from '#domain/kernel/message.ts';
import { markedBy } from '#domain/kernel/redaction.ts';

/** What a schema says that GraphQL has no words for; thrown at boot, never at a caller. */
export class UnsayableError extends TypeError {
  constructor(where: string, problem: string) {
    super(`GraphQL cannot say ${where}: ${problem}`);
    this.name = 'UnsayableError';
  }
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const MAX_INT = 2_147_483_647;
/** JSON as it is, and whole numbers beyond 32 bits. Every other scalar is a string. */
export const JSON_SCALAR = 'Json';
export const SAFE_INTEGER = 'SafeInteger';

export const pascal = (name: string): string =>
  name.replace(/(?:^|[_.-])([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
export const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** A description as SDL has it, indented. */
export function described(text: string | undefined, indent = ''): string {
  if (text === undefined || text === '') return '';
  return `${indent}"""${text.replaceAll('"""', '\\"""')}"""\n`;
}

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

/** The definitions a document needs, collected while its fields are printed. */
/** A field that is only let out to some. */
export interface Marked {
  readonly mark: Mark;
  /** Nobody's, where that is not said. */
  readonly owned: Owned | undefined;
}

export interface Types {
  /** A reference to the type of what is handed out. `name` is for a type that has none of its own. */
  output(schema: JsonSchema, name: string, required: boolean): string;
  /** A reference to the type of what is taken in. */
  input(schema: JsonSchema, name: string, required: boolean): string;
  /** The fields of an object, one a line, as they are handed out. */
  fields(schema: JsonSchema, name: string): string;
  /** The arguments of a field, with their parentheses; empty when there are none. */
  args(schema: JsonSchema, name: string): string;
  /** Adds a definition; two of one name are refused. */
  define(name: string, text: string): void;
  readonly definitions: ReadonlyMap<string, string>;
  readonly scalars: ReadonlySet<string>;
  /** The marked fields of each type, which are only let out to some. */
  readonly marked: ReadonlyMap<string, ReadonlyMap<string, Marked>>;
  /** Adds a field that is resolved on its own to a type that is defined. */
  extend(name: string, field: string): void;
}

type Direction = 'input' | 'output';

/** Prints JSON Schema as GraphQL types. */
export function types($defs: Readonly<Record<string, JsonSchema>>): Types {
  const definitions = new Map<string, string>();
  const origins = new Map<string, JsonSchema>();
  const scalars = new Set<string>();
  const enums = new Set<string>();
  const marked = new Map<string, Map<string, Marked>>();

  function define(name: string, text: string): void {
    if (!NAME.test(name)) throw new UnsayableError(name, 'it is no name');
    if (definitions.has(name)) throw new UnsayableError(name, 'two types have this name');
    definitions.set(name, text);
  }

  /** Defines a type the first time it is met; another schema of the same name is refused. */
  function once(name: string, schema: JsonSchema, print: () => string): string {
    const known = origins.get(name);
    if (known !== undefined) {
      if (JSON.stringify(known) !== JSON.stringify(schema))
        throw new UnsayableError(name, 'two types have this name');
      return name;
    }
    origins.set(name, schema);
    define(name, '');
    definitions.set(name, print());
    return name;
  }

  function scalar(name: string, description: string | undefined): string {
    scalars.add(name);
    if (!definitions.has(name)) define(name, `${described(description)}scalar ${name}`);
    return name;
  }

  function enumeration(name: string, schema: JsonSchema): string {
    enums.add(name);
    return once(name, schema, () => {
      const values = (schema.enum ?? []).map((value) => {
        if (typeof value !== 'string' || !NAME.test(value))
          throw new UnsayableError(name, `the value ${value}`);
        return `  ${value}`;
      });
      return `${described(schema.description)}enum ${name} {\n${values.join('\n')}\n}`;
    });
  }

  function integer(schema: JsonSchema): string {
    const fits = (bound: number | undefined) => bound !== undefined && Math.abs(bound) <= MAX_INT;
    if (schema.default !== undefined && fits(schema.maximum)) return 'Int';
    if (fits(schema.minimum) && fits(schema.maximum)) return 'Int';
    return scalar(SAFE_INTEGER, 'A whole number, exact up to 2^53, as a JSON number.');
  }

  function text(schema: JsonSchema, id: string | undefined, name: string): string {
    if (schema.enum !== undefined) return enumeration(id ?? `${name}Value`, schema);
    if (id === undefined) return schema.format === 'id' ? 'ID' : 'String';
    return id.endsWith('Id') ? 'ID' : scalar(id, withPattern(schema));
  }

  function object(schema: JsonSchema, name: string, direction: Direction): string {
    const open = schema.additionalProperties;
    if (schema.properties === undefined || (typeof open === 'object' && Object.keys(open).length > 0)) {
      const anyJson = typeof open === 'object' && referenceOf(open) === JSON_SCALAR;
      if (direction === 'output' && anyJson) return scalar(JSON_SCALAR, 'Any JSON.');
      throw new UnsayableError(name, 'a record');
    }
    const title = direction === 'input' ? `${name}Input` : name;
    return once(title, schema, () => {
      const body = properties(schema, name, direction).join('\n');
      if (body === '') throw new UnsayableError(title, 'an object without fields');
      return `${described(schema.description)}${headOf(schema, title, direction)} {\n${body}\n}`;
    });
  }

  function mark(name: string, key: string, property: JsonSchema, beside: object): boolean {
    const { marks, owned } = markedBy(property, $defs);
    const [kind, ...more] = marks;
    if (kind === undefined) return false;
    if (more.length > 0) throw new UnsayableError(`${name}.${key}`, `a field that is ${marks.join(' and ')}`);
    if (owned !== undefined && !(owned.owner in beside))
      throw new UnsayableError(
        `${name}.${key}`,
        `a field whose owner is in ${owned.owner}, which is not there`,
      );
    const known = marked.get(name) ?? new Map<string, Marked>();
    marked.set(name, known.set(key, { mark: kind, owned }));
    return true;
  }

  /** Only a field is let out to some: what has none of its own would be let out to all. */
  function unmarked(schema: JsonSchema, name: string): JsonSchema {
    const [kind] = markedBy(schema, $defs).marks;
    if (kind !== undefined) throw new UnsayableError(name, `something ${kind} that is no field`);
    return schema;
  }

  /** What is taken when nothing is given. */
  function usual({ default: value }: JsonSchema, type: string): string {
    if (value === undefined) return '';
    return ` = ${enums.has(type) ? value : JSON.stringify(value)}`;
  }

  function properties(schema: JsonSchema, name: string, direction: Direction): string[] {
    return Object.entries(schema.properties ?? {}).map(([key, property]) => {
      if (!NAME.test(key)) throw new UnsayableError(`${name}.${key}`, 'it is no name');
      const hidden = direction === 'output' && mark(name, key, property, schema.properties ?? {});
      const required = !hidden && (schema.required ?? []).includes(key);
      const type = reference(property, `${name}${pascal(key)}`, direction, required);
      const value = direction === 'input' ? usual(property, type) : '';
      return `${described(property.description, '  ')}  ${key}: ${type}${value}`;
    });
  }

  /** The type of what is shared by name: it keeps that name. */
  function sharedType(shared: string, name: string, direction: Direction): string {
    if (shared === JSON_SCALAR) {
      if (direction === 'output') return scalar(JSON_SCALAR, 'Any JSON.');
      throw new UnsayableError(name, 'any JSON as an input');
    }
    const definition = $defs[shared];
    if (definition === undefined) throw new UnsayableError(name, `${shared} is not defined`);
    return named(definition, shared, direction, shared);
  }

  function named(schema: JsonSchema, name: string, direction: Direction, id?: string): string {
    const shared = referenceOf(schema);
    if (shared !== undefined) return sharedType(shared, name, direction);
    switch (schema.type ?? (typeof schema.const === 'string' ? 'string' : undefined)) {
      case 'string':
        return text(schema, id, name);
      case 'integer':
        return integer(schema);
      case 'number':
        return 'Float';
      case 'boolean':
        return 'Boolean';
      case 'array':
        if (schema.items === undefined) throw new UnsayableError(name, 'a tuple');
        if (direction === 'output') unmarked(schema.items, `${name}Item`);
        return `[${reference(schema.items, `${name}Item`, direction, true)}]`;
      case 'object':
        return object(schema, name, direction);
      default:
        throw new UnsayableError(
          name,
          direction === 'input' ? 'a union (use @oneOf)' : 'a union without a name',
        );
    }
  }

  function reference(schema: JsonSchema, name: string, direction: Direction, required: boolean): string {
    const { schema: core, nullable } = withoutNull(schema);
    const type = named(core, name, direction);
    return required && !nullable ? `${type}!` : type;
  }

  return {
    output: (schema, name, required) => reference(unmarked(schema, name), name, 'output', required),
    input: (schema, name, required) => reference(schema, name, 'input', required),
    fields: (schema, name) => properties(schema, name, 'output').join('\n'),
    args(schema, name) {
      const lines = properties(schema, name, 'input');
      return lines.length === 0
        ? ''
        : `(\n${lines.map((line) => line.replaceAll(/^ {2}/gm, '    ')).join('\n')}\n  )`;
    },
    define,
    definitions,
    scalars,
    marked,
    extend(name, field) {
      const text = definitions.get(name);
      if (text === undefined)
        throw new UnsayableError(name, 'it has a field of its own but is never handed out');
      definitions.set(name, text.replace(/\n\}$/, `\n${field}\n}`));
    },
  };
}
