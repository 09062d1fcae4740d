import type { JsonSchema } from '#domain/kernel/json-schema.ts';
import { described, isName, UnsayableError } from './sdl.ts';

/** The definitions that a document needs, collected while its fields are printed. */
export interface Definitions {
  /** Adds a definition; two of one name are refused. */
  define(name: string, text: string): void;
  /** Adds a field that is resolved on its own to a type that is defined. */
  extend(name: string, field: string): void;
  readonly definitions: ReadonlyMap<string, string>;
  readonly scalars: ReadonlySet<string>;
}

/** As the printer of types adds to them: whatever is met again is the same. */
export interface DefinedOnce extends Definitions {
  /** Defines a type the first time it is met; another schema of the same name is refused. */
  once(name: string, schema: JsonSchema, print: () => string): string;
  scalar(name: string, description: string | undefined): string;
  enumeration(name: string, schema: JsonSchema): string;
  isEnumeration(name: string): boolean;
}

function printEnumeration(name: string, schema: JsonSchema): string {
  const values = (schema.enum ?? []).map((value) => {
    if (!isName(value)) throw new UnsayableError(name, `the value ${value}`);
    return `  ${value}`;
  });
  return `${described(schema.description)}enum ${name} {\n${values.join('\n')}\n}`;
}

export function definedOnce(): DefinedOnce {
  const definitions = new Map<string, string>();
  const origins = new Map<string, JsonSchema>();
  const scalars = new Set<string>();
  const enums = new Set<string>();

  function define(name: string, text: string): void {
    if (!isName(name)) throw new UnsayableError(name, 'it is no name');
    if (definitions.has(name)) throw new UnsayableError(name, 'two types have this name');
    definitions.set(name, text);
  }

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

  return {
    define,
    once,
    definitions,
    scalars,
    scalar(name, description) {
      scalars.add(name);
      if (!definitions.has(name)) define(name, `${described(description)}scalar ${name}`);
      return name;
    },
    enumeration(name, schema) {
      enums.add(name);
      return once(name, schema, () => printEnumeration(name, schema));
    },
    isEnumeration: (name) => enums.has(name),
    extend(name, field) {
      const text = definitions.get(name);
      if (text === undefined)
        throw new UnsayableError(name, 'it has a field of its own but is never handed out');
      definitions.set(name, text.replace(/\n\}$/, `\n${field}\n}`));
    },
  };
}
