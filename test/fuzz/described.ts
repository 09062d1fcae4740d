import fc from 'fast-check';
import type { Description, Schema } from '../support/described.ts';

// Requests made from the published description alone: those that fit it, and those that do not.

type Value = unknown;
type Arbitrary = fc.Arbitrary<Value>;
type Bag = Readonly<Record<string, Value>>;
const isBag = (value: Value): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const number = (schema: Schema, keyword: string, usual: number): number =>
  typeof schema[keyword] === 'number' ? schema[keyword] : usual;
const bag = (value: Value): Bag => (isBag(value) ? value : {});
const list = (value: Value): readonly Value[] => (Array.isArray(value) ? value : []);
const nested = (value: Value): Schema => bag(value) as Schema;

/** Most items of a list that is made; the longest are made by {@link Requests.longest}. */
const FEW = 4;
const LONG_PATTERNS = 60;
/** Letters of one, two, three and four bytes: a length is counted in one unit by everybody, or in none. */
const LETTERS = ['x', 'é', '時', '🕰'];

export interface Requests {
  /** What fits a schema. */
  fitting(schema: Schema): Arbitrary;
  /** What does not, one fault away from what does. */
  unfit(schema: Schema): Arbitrary;
  /** The value that takes the most bytes. */
  longest(schema: Schema): Value;
}

/** Every place in a value, with what stands there. */
function places(
  value: Value,
  path: readonly (string | number)[] = [],
): readonly (readonly (string | number)[])[] {
  const inside = Array.isArray(value)
    ? value.flatMap((item, at) => places(item, [...path, at]))
    : isBag(value)
      ? Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))
      : [];
  return [path, ...inside];
}

/** The value with something else at a place; `undefined` takes the place away. */
function replaced(
  value: Value,
  [step, ...rest]: readonly (string | number)[],
  change: (old: Value) => Value,
): Value {
  if (step === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item, at) => (at === step ? replaced(item, rest, change) : item));
  const entries = Object.entries(bag(value)).map(([key, item]): [string, Value] =>
    key === step ? [key, replaced(item, rest, change)] : [key, item],
  );
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

/** Things that go wrong with what stands at one place. */
const faults: readonly ((old: Value) => Value)[] = [
  () => undefined,
  () => null,
  () => true,
  () => '',
  () => '\u0000',
  () => [],
  () => ({}),
  () => -1,
  () => 1.5,
  () => 2 ** 60,
  (old) => [old],
  (old) => String(old),
  (old) => `${old}\n`,
  (old) => ` ${old}`,
  (old) => `${old}\u0007`,
  (old) => String(old).repeat(100).slice(0, 12_000),
  (old) => (typeof old === 'string' ? old.toLowerCase() : Number(old)),
  (old) => (isBag(old) ? { ...old, nobodyKnows: 1 } : old),
  (old) => (isBag(old) ? { ...old, constructor: 1 } : old),
  (old) => (Array.isArray(old) ? Array.from({ length: 30 }, () => old[0] ?? 'x') : old),
  (old) => (typeof old === 'number' ? old * 1_000_000 : old),
];

/** Of several that all have to fit, the one that says most: what it makes is looked at by the others. */
const patternOf = (schema: Schema): string | undefined =>
  [schema, ...list(schema.allOf).map(nested)]
    .map(({ pattern }) => (typeof pattern === 'string' ? pattern : ''))
    .filter((pattern) => pattern !== '')
    .sort((one, other) => other.length - one.length)[0];

export function requestsBy(description: Description): Requests {
  const { resolve, misfit } = description;

  function text(schema: Schema): Arbitrary {
    const most = number(schema, 'maxLength', LONG_PATTERNS);
    const least = number(schema, 'minLength', 0);
    const plain = fc
      .constantFrom(...LETTERS)
      .chain((letter) =>
        fc.constantFrom(least, Math.min(1, most), most).map((length) => letter.repeat(length)),
      );
    const pattern = patternOf(schema);
    const made =
      pattern !== undefined
        ? fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: Math.min(most, LONG_PATTERNS) })
        : fc.string({ unit: 'grapheme', minLength: least, maxLength: Math.min(most, LONG_PATTERNS) });
    // Where letters alone fit, lengths at the very bound are tried as well.
    const alone = LETTERS.every((letter) => misfit(schema, letter.repeat(Math.max(1, least))) === undefined);
    const some = alone ? fc.oneof(made, plain) : made;
    return some.filter((value) => value.isWellFormed() && misfit(schema, value) === undefined);
  }

  function object(schema: Schema): Arbitrary {
    const fields = Object.entries(bag(schema.properties));
    const arbitraries = fields.map(([name, field]) => [name, fitting(nested(field))] as const);
    const requiredKeys = list(schema.required).map(String);
    const named = fc.record(Object.fromEntries(arbitraries), { requiredKeys, noNullPrototype: true });
    // Whoever lets others stand beside what is named is taken at their word.
    if (schema.additionalProperties === false) return named;
    return fc.oneof(
      named,
      named.map((fields) => ({ ...fields, nobodyKnows: 1 })),
    );
  }

  function fitting(given: Schema): Arbitrary {
    const schema = resolve(given);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
    switch (schema.type) {
      case 'object':
        return object(schema);
      case 'array': {
        const minLength = number(schema, 'minItems', 0);
        const maxLength = Math.max(minLength, Math.min(number(schema, 'maxItems', FEW), FEW));
        return fc.array(fitting(nested(schema.items)), { minLength, maxLength });
      }
      case 'string':
        return text(schema);
      case 'integer': {
        const min = number(schema, 'minimum', -1_000);
        const max = number(schema, 'maximum', 1_000);
        return fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
      }
      case 'boolean':
        return fc.boolean();
      default:
        throw new TypeError(`nobody has told how to make ${JSON.stringify(schema).slice(0, 200)}`);
    }
  }

  function longest(given: Schema): Value {
    const schema = resolve(given);
    const most = number(schema, 'maxLength', 64);
    switch (schema.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(bag(schema.properties)).map(([name, field]) => [name, longest(nested(field))]),
        );
      case 'array':
        return Array.from({ length: number(schema, 'maxItems', FEW) }, () => longest(nested(schema.items)));
      case 'string': {
        const texts = [...LETTERS].reverse().map((letter) => letter.repeat(most));
        const web = 'https://a.example/'.padEnd(most, 'x');
        return [...texts, web].find((value) => misfit(schema, value) === undefined) ?? sampleOf(schema);
      }
      default:
        return sampleOf(schema);
    }
  }
  const sampleOf = (schema: Schema): Value => fc.sample(fitting(schema), { numRuns: 1, seed: 1 })[0];

  return {
    fitting,
    longest,
    unfit: (schema) =>
      fitting(schema)
        .chain((value) =>
          fc
            .tuple(fc.constantFrom(...places(value)), fc.constantFrom(...faults))
            .map(([place, fault]) => replaced(value, place, fault)),
        )
        .filter((value) => value !== undefined && misfit(schema, value) !== undefined),
  };
}
